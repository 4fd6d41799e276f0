"""What the journal says of a lesson: topics in order, homework, titles of control works, comments, advice."""

from __future__ import annotations

from functools import cache
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


@cache
def topics_of(subject: str, grade: int) -> list[str]:
    text = next(text for (name, low, high), text in TOPICS.items() if name == subject and low <= grade <= high)
    return [" ".join(topic.split()) for topic in text.split(";")]


def topic(subject: str, grade: int, hours: int, number: int) -> str:
    """The topic of the course's lesson `number` (from 0): several lessons a topic where there are many a week."""
    topics = topics_of(subject, grade)
    span = _span(hours)
    round_number, place = divmod(number, len(topics) * span)
    text = topics[place // span]
    ending = ["", *SECOND_LESSON[subject in EXACT]][place % span]
    if ending and ending not in text:
        text = f"{text}. {ending}"
    return f"Повторение: {text}" if round_number else text


def _span(hours: int) -> int:
    return 1 if hours == 1 else 2 if hours <= 3 else 3


def control_title(subject: str, grade: int, hours: int, number: int, lesson: int) -> str:
    """«Контрольная работа № 2 «Линейное уравнение»», on what was taught before this lesson; a dictation in Russian."""
    if subject == "Русский язык" and number % 2:
        return f"Контрольный диктант № {number // 2 + 1}"
    if subject == "Литература" and number % 2 == 0:
        return f"Контрольное сочинение № {number // 2}"
    topics = topics_of(subject, grade)
    taught = topics[max(0, lesson - 1) // _span(hours) % len(topics)]
    return f"Контрольная работа № {number} «{taught}»"


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
