"""The form over terms as the page shows it: finished fields, rows and rules, with what was typed in them.

A template only prints; it neither looks anything up nor decides. Names on the page are paths, so a fault finds its field.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from accounts.admin.contract_form import rules
from accounts.admin.contract_form.kinds import UNIT, Choices
from accounts.admin.contract_form.layout import Field, Group, Rows
from accounts.admin.contract_form.paths import Texts, rows, under
from accounts.admin.contract_form.table import AFTER_RULES, BEFORE_RULES, FIELDS, LISTS
from slaservice.rules.terms import CATEGORIES


@dataclass(slots=True)
class Input:
    """One field on the page; `units` are the choices of a second field beside it, `boxes` what may be ticked below it.

    `of` is what it belongs to: the field that it goes on from, its row, its rule.
    """

    name: str
    label: str
    widget: str
    text: str
    choices: Choices = ()
    units: Choices = ()
    unit: str = ""
    boxes: tuple["Box", ...] = ()
    help: str = ""
    paper: str = ""
    of: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """What it is called where it does not stand beside what it belongs to."""
        return f"{self.of}: {self.label}" if self.of else self.label

    @property
    def key(self) -> str:
        """The last word of its path, by which a style finds it."""
        return self.name.rpartition(".")[2]

    @property
    def list(self) -> str:
        """The page's list of suggestions for it."""
        return "fields-of-terms" if re.search(r"\.clauses\[[0-9]+]\.field$", self.name) else ""

    @property
    def unit_name(self) -> str:
        return self.name + UNIT


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    label: str
    ticked: bool


@dataclass(slots=True)
class Line:
    """One row of a table."""

    name: str
    inputs: list[Input]
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A list of rows under a path, with a button that adds one."""

    name: str
    lines: list[Line]
    add: str
    help: str = ""
    paper: str = ""
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """What one kind of rule asks; shown while that kind is chosen."""

    kind: str
    inputs: list[Input]
    table: Table | None


@dataclass(slots=True)
class Rule:
    """One rule of the credit; `kind` is chosen by radio buttons and decides which block counts."""

    name: str
    number: int
    kind: Input
    inputs: list[Input]
    blocks: list[Block]
    faults: list[str] = field(default_factory=list)

    @property
    def list(self) -> str:
        """The path of the rules, which is renumbered as one."""
        return self.name.rpartition("[")[0]


@dataclass(slots=True)
class Together:
    """Fields that make one sentence, or a field by itself."""

    inputs: list[Input]


@dataclass(slots=True)
class Section:
    """A heading with its fields; `used` where something else than the default is said, so that it is not folded away."""

    title: str
    help: str
    rare: bool
    used: bool
    parts: list["Together | Table"]

    @property
    def faulty(self) -> bool:
        return any(part.faults for part in _all(self.parts))


Part = Input | Table | Line | Rule


@dataclass(slots=True)
class Page:
    """The whole form over the terms of one commitment."""

    before: list[Section]
    rules: list[Rule]
    after: list[Section]

    def parts(self) -> Iterator[Part]:
        for section in (*self.before, *self.after):
            yield from _all(section.parts)
        for rule in self.rules:
            yield rule
            yield from (rule.kind, *rule.inputs)
            for block in rule.blocks:
                yield from block.inputs
                yield from _all([block.table] if block.table else [])


def _all(parts: Iterable[Together | Table]) -> Iterator[Input | Table | Line]:
    for part in parts:
        if isinstance(part, Together):
            yield from part.inputs
            continue
        yield part
        for line in part.lines:
            yield line
            yield from line.inputs


def page(texts: Texts, root: str) -> Page:
    """The form with these texts; names on the page begin with `root`."""
    return Page(
        before=[_section(group, texts, root) for group in BEFORE_RULES],
        rules=[_rule(index, texts, root) for index in range(rows(texts, rules.RULES))],
        after=[_section(group, texts, root) for group in AFTER_RULES],
    )


def start() -> Texts:
    """A new form: the defaults of the terms, the usual severities to be weighed, a ladder of three rungs to be filled in."""
    texts = {one.path: one.default for one in FIELDS if one.default}
    for many in LISTS:
        for row, key in enumerate(many.first):
            texts[f"{many.path}[{row}].{many.key}"] = key
    return texts | {f"{rules.RULES}[0].{name}": text for name, text in new_rule().items()}


def new_rule() -> Texts:
    """A rule as it starts, by paths within it."""
    return {"kind": rules.LADDER, **{f"{rules.LADDER}[{row}].bound": "" for row in range(3)}}


def _section(group: Group, texts: Texts, root: str) -> Section:
    parts: list[Together | Table] = []
    for part in group.parts:
        if isinstance(part, Rows):
            parts.append(_table(part, texts, root))
        elif part.joined and isinstance(before := parts[-1], Together):
            before.inputs.append(_input(part, part.path, texts, root, before.inputs[0].label))
        else:
            parts.append(Together([_input(part, part.path, texts, root)]))
    return Section(
        group.title, group.help, group.rare, any(_says(part, texts) for part in group.parts), parts
    )


def _says(part: Field | Rows, texts: Texts) -> bool:
    if isinstance(part, Rows):
        return rows(texts, part.path) > 0
    return texts.get(part.path, "") not in ("", part.default)


def _input(one: Field, path: str, texts: Texts, root: str, of: str = "") -> Input:
    return Input(
        name=f"{root}.{path}",
        label=one.label,
        widget=one.kind.widget,
        text=texts.get(path, one.default if one.choices else ""),
        choices=one.choices,
        units=one.kind.units,
        unit=texts.get(path + UNIT, "minutes"),
        boxes=tuple(_boxes(texts, root)) if one.path == "exclude.categories" else (),
        help=one.help,
        paper=one.paper,
        of=of,
    )


def _boxes(texts: Texts, root: str) -> Iterator[Box]:
    """Those that are ticked first, in the order in which the terms name them."""
    ticked = [name for name, text in under(texts, "exclude.categories").items() if text]
    for category in (*ticked, *(name for name in CATEGORIES if name not in ticked)):
        name = f"{root}.exclude.categories.{category}"
        yield Box(name, category.replace("_", " "), category in ticked)


def _table(many: Rows, texts: Texts, root: str) -> Table:
    lines = _lines(many.path, many.fields, texts, root)
    return Table(f"{root}.{many.path}", lines, many.add, many.help, many.paper)


def _lines(path: str, fields: tuple[Field, ...], texts: Texts, root: str, of: str = "") -> list[Line]:
    return [
        _line(f"{path}[{row}]", fields, texts, root, f"{of} row {row + 1}".strip())
        for row in range(rows(texts, path))
    ]


def _line(path: str, fields: tuple[Field, ...], texts: Texts, root: str, of: str) -> Line:
    """A row is called by what its first field says, so that 'major_outage: counts for' is told, not 'row 1'."""
    called = texts.get(f"{path}.{fields[0].path}") or of
    return Line(f"{root}.{path}", [_input(one, f"{path}.{one.path}", texts, root, called) for one in fields])


def _rule(index: int, texts: Texts, root: str) -> Rule:
    path, of = f"{rules.RULES}[{index}]", f"Rule {index + 1}"
    kind, *common = (_input(one, f"{path}.{one.path}", texts, root, of) for one in rules.COMMON)
    blocks = []
    for name, fields in rules.PARTS.items():
        inputs = [_input(one, f"{path}.{one.path}", texts, root, of) for one in fields]
        lines = _lines(f"{path}.{name}", rules.TABLES.get(name, ()), texts, root, of)
        table = Table(f"{root}.{path}.{name}", lines, "Add a row") if name in rules.TABLES else None
        blocks.append(Block(name, inputs, table))
    return Rule(f"{root}.{path}", index + 1, kind, common, blocks)
