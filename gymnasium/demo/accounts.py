"""Who may try the demo school, by contract (design.md §3); the sign-in page of a demo school lists them."""

PASSWORD = "Demo-2026-gymnasium"

ACCOUNTS = {
    "deputy": "заместитель директора",
    "operator": "администратор системы",
    "teacher5a": "классный руководитель 5А",
    "teacher7a": "классный руководитель 7А",
    "teacher7b": "классный руководитель 7Б",
    "teacher10a": "классный руководитель 10А",
    "subject1": "учитель без классного руководства",
    "parent7b": "родитель ученика 7Б",
    "parent2": "родитель двух детей: 5А и 7Б",
    "pupil7b": "ученик 7Б",
}
