"""The operator's forms of the import page."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms

from reports.imports.read.opening import MAX_BYTES

MAX_FILES = 60
MAX_TOTAL = 100 * 2**20


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """A file field that takes several files and checks each."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        if not data:
            raise forms.ValidationError("Выберите хотя бы один файл.")
        several = data if isinstance(data, list | tuple) else [data]
        # An empty file passes here on purpose: the preview then says which one it is and what to do.
        return list(several)


class UploadForm(forms.Form):
    """Files of one import. What is in them is told by their content, so any name will do."""

    uploads = SeveralFilesField(
        label="Файлы",
        help_text="Можно сразу несколько: списки учеников, представителей и сотрудников, расписание aSc (XML), "
        "журналы классов, сводные ведомости. XLSX, CSV или XML, каждый до 20 МБ.",
        widget=SeveralFilesInput(attrs={"accept": ".xlsx,.xlsm,.csv,.txt,.xml"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.attrs = {"data-once": ""}
        self.helper.add_input(Submit("upload", "Прочитать файлы"))

    def clean_uploads(self) -> list[Any]:
        files = self.cleaned_data["uploads"]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(f"Файлов {len(files)}. За один раз можно не больше {MAX_FILES}.")
        for file in files:
            if file.size > MAX_BYTES:
                raise forms.ValidationError(f"«{file.name}» больше {MAX_BYTES // 2**20} МБ: разделите его на части.")
        if sum(file.size for file in files) > MAX_TOTAL:
            raise forms.ValidationError(f"Вместе больше {MAX_TOTAL // 2**20} МБ: загрузите по частям.")
        return files


class AnswersForm(forms.Form):
    """A radio group for each near match; unanswered questions stay questions."""

    def __init__(self, questions: list[dict[str, Any]], answers: dict[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question["key"]] = forms.ChoiceField(
                label=question["text"],
                help_text=question["place"],
                choices=[tuple(option) for option in question["options"]],
                widget=forms.RadioSelect,
                required=False,
                initial=answers.get(question["key"]),
            )
        self.helper = FormHelper()
        self.helper.attrs = {"data-once": ""}
        self.helper.add_input(Submit("answer", "Ответить и пересчитать"))

    def answered(self) -> dict[str, str]:
        return {key: value for key, value in self.cleaned_data.items() if value}
