"""What the journal says of a lesson: topics in order, homework, titles of control works, comments, advice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

from gymnasium.demo.topic_lists import TOPICS

EXACT = {"Математика", "Алгебра", "Геометрия", "Вероятность и статистика", "Физика", "Химия", "Информатика"}
READING = {"Литература", "Литературное чтение"}
NO_HOMEWORK = {"Физическая культура", "Труд (технология)", "Изобразительное искусство", "Музыка", "ОРКСЭ"}
NO_HOMEWORK |= {"Разговоры о важном", "ОДНКНР", "Индивидуальный проект"}

SECOND_LESSON = {True: ["Решение задач", "Закрепление"], False: ["Закрепление", "Практикум"]}
COMMENTS = ["работа у доски", "устный ответ", "тест", "словарный диктант", "пересказ", "наизусть", "тетрадь"]
GOOD_COMMENTS = ["отличный ответ", "лучшая работа", "аккуратно и полно", "интересный доклад"]
POOR_COMMENTS = ["не готов к уроку", "списано, переделать", "разобрать ошибки", "прийти на консультацию"]
RECOMMENDATIONS = [
    "Повторить тему «{topic}», обратить внимание на оформление решения.",
    "Читать вслух по 15 минут в день: страдает понимание условия.",
    "Предлагаю прийти на консультацию во вторник после шестого урока.",
    "Работает хорошо, стоит попробовать силы в школьной олимпиаде.",
    "Пересдать тему «{topic}» до конца месяца.",
    "Тетрадь сдавать на проверку каждую неделю.",
    "Не хватает устных ответов: готовить пересказ параграфа.",
]


def topics_of(subject: str, grade: int) -> list[str]:
    text = next(text for (name, low, high), text in TOPICS.items() if name == subject and low <= grade <= high)
    return [" ".join(topic.split()) for topic in text.split(";")]


def plan_for(subject: str, grade: int, hours: int) -> Iterator[str]:
    """Topics of one lesson after the other: two or three lessons a topic where there are many hours a week."""
    topics = topics_of(subject, grade)
    endings = ["", *SECOND_LESSON[subject in EXACT]][: 1 if hours == 1 else 2 if hours <= 3 else 3]
    for round_number in count():
        for topic in topics:
            for ending in endings:
                text = f"{topic}. {ending}" if ending else topic
                yield f"Повторение: {text}" if round_number else text


def control_title(subject: str, grade: int, number: int) -> str:
    """«Контрольная работа № 2 «Линейное уравнение»», a dictation in Russian, a test elsewhere."""
    if subject == "Русский язык" and number % 2:
        return f"Контрольный диктант № {number // 2 + 1}"
    if subject in READING:
        return f"Контрольное сочинение № {number}"
    topics = topics_of(subject, grade)
    return f"Контрольная работа № {number} «{topics[number * 3 % len(topics)]}»"


def homework_chance(subject: str, grade: int) -> float:
    if grade == 1 or subject in NO_HOMEWORK:
        return 0.0
    return 0.85


def homework(subject: str, grade: int, number: int, rng: Random) -> str:
    """What a teacher writes: short, with a paragraph or an exercise number."""
    exercise = number * 5 + rng.randint(1, 4)
    if subject in READING:
        return rng.choice([f"Прочитать с. {exercise}–{exercise + 6}", "Пересказ главы", "Стихотворение наизусть"])
    if subject == "Русский язык":
        return rng.choice([f"Упр. {exercise}", f"§ {number // 2 + 1}, упр. {exercise}", f"Правило на с. {exercise}"])
    if subject.startswith("Иностранный"):
        return rng.choice([f"SB p. {exercise} ex. 3, 4", f"WB p. {number + 3}", "Слова к диктанту", "Текст: перевод"])
    if subject in EXACT:
        return f"§ {number // 2 + 1}, № {exercise}, {exercise + 2}"
    return rng.choice([f"§ {number}, вопросы 1–4", f"§ {number}, пересказ", f"§ {number}, таблица в тетради"])
