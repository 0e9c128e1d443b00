"""Terms as texts of the form, and back: what comes back is what went in, or the form says what it cannot show.

Both ways are exact. `shown` takes canonical terms; `entered` makes a terms document of what was typed, in which component names
and currency are left out, because they are said beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.admin.contract_form.kinds import UNIT
from accounts.admin.contract_form.layout import Field, Rows
from accounts.admin.contract_form.paths import Texts, parents, rows, under
from accounts.admin.contract_form.reader import Reader
from accounts.admin.contract_form.rules import RULES, read_rule, says_something, show_rule
from accounts.admin.contract_form.table import FIELDS, LISTS, OPTIONAL
from slaservice.rules.documents import parse_terms, terms_json

_CATEGORIES = "exclude.categories"
_ONLY = "only"


@dataclass(frozen=True, slots=True)
class Entered:
    """A document of terms as typed; `faults` by path of the form, `places` of the form by path of the document."""

    terms: dict[str, Any]
    faults: list[tuple[str, str]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Where in the form a fault of the document's path stands: at its own path, unless the form has it elsewhere."""
        for parent in parents(path):
            if parent in self.places:
                moved = self.places[parent]
                return moved + path.removeprefix(parent) if moved else ""
        return path


def shown(terms: Mapping[str, Any], *, ladders: bool = True) -> Texts:
    """Canonical terms as texts by path; what is null has none."""
    texts: Texts = {}
    for one in FIELDS:
        value = _at(terms, one.path)
        if value is not None and one.path != _CATEGORIES:
            texts |= _texts(one, one.path, value)
    for many in LISTS:
        texts |= _show_rows(many, _at(terms, many.path))
    for index, rule in enumerate(terms["credit"]["rules"]):
        said = show_rule(rule, ladders=ladders)
        texts |= {f"{RULES}[{index}].{name}": text for name, text in said.items()}
    categories = terms["exclude"]["categories"]
    if categories is not None:
        texts |= {_CATEGORIES: _ONLY, **{f"{_CATEGORIES}.{name}": "on" for name in categories}}
    return texts


def entered(texts: Texts) -> Entered:
    """What was typed as a document of terms. What cannot be read is a fault; what is wrong is left to the rules."""
    reader = Reader({path: _cleaned(text) for path, text in texts.items()})
    terms: dict[str, Any] = {}
    places: dict[str, str] = {}
    for one in FIELDS:
        part, _, name = one.path.rpartition(".")
        if one.path != _CATEGORIES and _is_said(reader, one.path):
            reader.into(_part(terms, part), one, one.path, name)
    _read_categories(reader, terms)
    for many in LISTS:
        places |= _read_rows(reader, many, terms)
    terms.setdefault("credit", {})["rules"], moved = _read_rules(reader)
    return Entered(terms, reader.faults, places | moved)


def canonical(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms with their defaults, without what is said beside them. Invalid where the rules refuse them."""
    read = terms_json(
        parse_terms(
            {
                **terms,
                "components": {**terms.get("components", {}), "names": ["service"]},
                "money": {"currency": "EUR", **terms.get("money", {})},
            }
        )
    )
    del read["components"]["names"], read["money"]["currency"]
    return read


def unshown(terms: Mapping[str, Any]) -> list[str]:
    """The paths of canonical terms that would not come back from the form as they went in."""
    back = entered(shown(terms))
    return (
        sorted(_differing(terms, canonical(back.terms), "")) if not back.faults else sorted(dict(back.faults))
    )


def _differing(one: Any, other: Any, path: str) -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() | other.keys()
        found = (_differing(one.get(name), other.get(name), f"{path}.{name}".lstrip(".")) for name in names)
        return set().union(*found)
    return set() if one == other else {path}


def _at(terms: Mapping[str, Any], path: str) -> Any:
    found: Any = terms
    for step in path.split("."):
        if found is None:
            return None
        found = found.get(step)
    return found


def _part(terms: dict[str, Any], path: str) -> dict[str, Any]:
    """The object at a path, made where it is not there."""
    for step in filter(None, path.split(".")):
        terms = terms.setdefault(step, {})
    return terms


def _texts(one: Field, path: str, value: Any) -> Texts:
    text, unit = one.kind.show(value)
    return {path: text, path + UNIT: unit} if one.kind.units else {path: text}


def _cleaned(text: str) -> str:
    """As a field gives it back: browsers end lines with a carriage return."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_said(reader: Reader, path: str) -> bool:
    """Whether the part that a field belongs to is there at all."""
    part = next((part for part in OPTIONAL if path.startswith(f"{part}.")), None)
    return part is None or any(
        reader.text(one.path, one.default) != one.default for one in FIELDS if one.path.startswith(f"{part}.")
    )


def _show_rows(many: Rows, value: Any) -> Texts:
    if many.key:
        name, content = many.fields
        value = [{name.path: key, content.path: held} for key, held in value.items()]
    texts: Texts = {}
    for index, row in enumerate(value):
        for one in many.fields:
            texts |= _texts(one, f"{many.path}[{index}].{one.path}", row[one.path])
    return texts


def _read_rows(reader: Reader, many: Rows, terms: dict[str, Any]) -> dict[str, str]:
    """Puts the rows into the terms; where a keyed row's faults stand is by its key in the document."""
    found, places = [], {}
    for index in reader.filled(many.path, many.fields):
        row: dict[str, Any] = {}
        for one in many.fields:
            reader.into(row, one, f"{many.path}[{index}].{one.path}", one.path)
        found.append(row)
    above, _, name = many.path.rpartition(".")
    if not many.key:
        _part(terms, above)[name] = found
        return {}
    keyed: dict[str, Any] = _part(terms, above).setdefault(name, {})
    key, content = many.fields
    for index, row in enumerate(found):
        path = f"{many.path}[{index}]"
        for one in many.fields:
            if not reader.text(f"{path}.{one.path}"):
                reader.fault(f"{path}.{one.path}", "is required")
        if row.get(key.path) in keyed:
            reader.fault(f"{path}.{key.path}", "stands twice")
        elif len(row) == len(many.fields):
            keyed[row[key.path]] = row[content.path]
            places[f"{many.path}.{row[key.path]}"] = f"{path}.{content.path}"
    return places


def _read_rules(reader: Reader) -> tuple[list[dict[str, Any]], dict[str, str]]:
    said = [says_something(reader, f"{RULES}[{index}]") for index in range(rows(reader.texts, RULES))]
    while said and not said[-1]:
        said.pop()
    read: list[dict[str, Any]] = []
    places: dict[str, str] = {}
    for index in range(len(said)):
        rule, moved = read_rule(reader, f"{RULES}[{index}]")
        read.append(rule)
        places |= moved
    return read, places


def _read_categories(reader: Reader, terms: dict[str, Any]) -> None:
    one = next(one for one in FIELDS if one.path == _CATEGORIES)
    ticked = [name for name, text in under(reader.texts, _CATEGORIES).items() if text]  # in the page's order
    if reader.choice(one, _CATEGORIES) == _ONLY:
        _part(terms, "exclude")["categories"] = ticked
    elif ticked:
        reader.fault(_CATEGORIES, "choose “only these”, or tick none")
