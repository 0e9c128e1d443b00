"""Texts of the form read one by one, each fault beside its field."""

from typing import Any

from accounts.admin.contract_form.kinds import UNIT
from accounts.admin.contract_form.layout import Field
from accounts.admin.contract_form.paths import Texts, rows


class Reader:
    """`faults` are (path of the field, reason), in the order in which they were found."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.faults: list[tuple[str, str]] = []

    def text(self, path: str, default: str = "") -> str:
        return self.texts.get(path, "") or default

    def fault(self, path: str, reason: str) -> None:
        self.faults.append((path, reason))

    def choice(self, field: Field, path: str) -> str:
        """The chosen text, or the field's default; a fault, and the default, where it is none of the choices."""
        text = self.text(path, field.default)
        if text in dict(field.choices):
            return text
        self.fault(path, "is none of the choices")
        return field.default or field.choices[0][0]

    def into(self, found: dict[str, Any], field: Field, path: str, name: str) -> None:
        """Put the field's value under the name; nothing where it was left empty or cannot be read."""
        text, unit = self.text(path), self.text(path + UNIT)
        if unit not in dict(field.kind.units) and unit:
            self.fault(path, "is in none of the units")
        elif text or (field.kind.units and unit in ("period", "eligible")):
            text = self.choice(field, path) if field.choices else text
            try:
                found[name] = field.kind.read(text, unit)
            except ValueError as reason:
                self.fault(path, str(reason))

    def filled(self, path: str, fields: tuple[Field, ...]) -> list[int]:
        """Rows up to the last that says something; one before it that says nothing is a fault."""
        said = [
            any(self.text(f"{path}[{row}].{field.path}", field.default) != field.default for field in fields)
            for row in range(rows(self.texts, path))
        ]
        last = max((row for row, something in enumerate(said) if something), default=-1)
        for row in range(last):
            if not said[row]:
                self.fault(f"{path}[{row}]", "says nothing: fill it in or remove it")
        return list(range(last + 1))
