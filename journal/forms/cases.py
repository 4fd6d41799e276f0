"""The two fields of a name in other cases: what stands there by itself is told beside them."""

from __future__ import annotations

from django.forms import BaseModelForm

from journal.names_in_cases import dative, genitive


def hint_cases(form: BaseModelForm) -> None:
    """«Пусто: Иванова Ивана» under each of the two fields that the form has."""
    person = form.instance
    for name, maker in (("name_genitive", genitive), ("name_dative", dative)):
        if name not in form.fields:
            continue
        written, form.fields[name].widget.attrs["autocomplete"] = getattr(person, name), "off"
        setattr(person, name, "")
        by_itself = maker(person) if person.last_name else ""
        setattr(person, name, written)
        form.fields[name].help_text = (
            f"Для выписок. Если пусто, программа напишет: {by_itself}" if by_itself else "Для выписок; обычно пусто"
        )
