"""Credit rules in the form: a ladder, explicit ranges, or so much for each step; bounds of time in hours or minutes.

`show_rule` and `read_rule` are each other's reverse. What stands under another kind than the chosen one is not read.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from accounts.admin.contract_form.kinds import (
    CHOICE,
    EXACT,
    PERCENT,
    STEP,
    TIME_UNITS,
    UNIT,
    WHOLE,
    Choices,
    longest_unit,
    scaled,
    show_step,
)
from accounts.admin.contract_form.ladders import DIRECTIONS, Rung, ladder_of, ranges_of
from accounts.admin.contract_form.layout import Field
from accounts.admin.contract_form.paths import Texts, rows
from accounts.admin.contract_form.reader import Reader
from slaservice.rules.exact import exact_text, parse_exact
from slaservice.rules.words import number

RULES = "credit.rules"
LADDER, RANGES, METERED = "ladder", "ranges", "metered"
OF_TIME = ("lost_seconds", "lost_seconds_beyond_allowance")

KINDS: Choices = (
    (LADDER, "a ladder"),
    (RANGES, "ranges with both ends"),
    (METERED, "so much for each step"),
)

COMMON = (
    Field("kind", "Kind of rule", CHOICE, choices=KINDS, default=LADDER),
    Field(
        "quantity",
        "What it goes by",
        CHOICE,
        choices=(
            ("uptime_percent", "the uptime, in percent"),
            ("lost_seconds", "the downtime"),
            ("lost_seconds_beyond_allowance", "the downtime beyond what the commitment allows"),
            ("points_below", "the shortfall below a percentage, in points"),
            ("runs", "the number of outages"),
            ("days_touched", "the number of days with downtime"),
            ("failures", "the number of missed periods"),
        ),
        default="uptime_percent",
    ),
    Field("reference", "below this percentage", PERCENT, "For a shortfall only."),
    Field("window", "among the last periods", WHOLE, "For missed periods only, this one included."),
)
BOUNDS = Field(
    "bounds",
    "Downtimes are in",
    CHOICE,
    choices=(("", "seconds"), *((unit, unit) for unit in ("minutes", "hours", "days"))),
)
DIRECTION = Field(
    "direction",
    "Each row is",
    CHOICE,
    choices=tuple((name, way.words) for name, way in DIRECTIONS.items()),
    default="below",
)
RUNG = (Field("bound", "this", EXACT), Field("credit", "gives", EXACT))
RANGE = (
    Field("from", "from", EXACT),
    Field(
        "from_closed", "start", CHOICE, choices=(("yes", "included"), ("no", "not included")), default="yes"
    ),
    Field("to", "to", EXACT),
    Field("to_closed", "end", CHOICE, choices=(("no", "not included"), ("yes", "included")), default="no"),
    Field("credit", "gives", EXACT),
)
METER = (
    Field("rate", "It gives", EXACT, "Percent or days, for each step.", "“5 % for each hour”"),
    Field("step", "for each", STEP, "Such as 30 minutes, 0.1 of the quantity, or the whole period."),
    Field(
        "round",
        "parts of a step",
        CHOICE,
        paper="“or part thereof”",
        choices=(("exact", "in proportion"), ("floor", "do not count"), ("ceil", "count as a whole one")),
        default="exact",
    ),
    Field(
        "per",
        "taken of",
        CHOICE,
        choices=(("", "the total of the period"), ("run", "each outage by itself")),
    ),
)
PARTS = {LADDER: (BOUNDS, DIRECTION), RANGES: (BOUNDS,), METERED: METER}
"""What each kind asks beside what all have in common; a ladder and ranges have rows too."""

TABLES = {LADDER: RUNG, RANGES: RANGE}


def show_rule(rule: Mapping[str, Any], *, ladders: bool = True) -> Texts:
    """A rule in canonical values as texts by their paths within the rule; without `ladders` every table in ranges."""
    texts = {"quantity": rule["quantity"]}
    for name, text in (("reference", _number(rule["reference"])), ("window", str(rule["window"] or ""))):
        texts[name] = text
    texts |= _show_meter(rule) if rule["type"] == METERED else _show_table(rule, ladders=ladders)
    return {name: text for name, text in texts.items() if text or name.endswith(UNIT)}


def _show_meter(rule: Mapping[str, Any]) -> Texts:
    step, unit = show_step(rule["step"], of_time=rule["quantity"] in OF_TIME)
    return {
        "kind": METERED,
        "rate": _number(rule["rate"]),
        "step": step,
        f"step{UNIT}": unit,
        "round": rule["round"],
        "per": rule["per"] or "",
    }


def _show_table(rule: Mapping[str, Any], *, ladders: bool) -> Texts:
    ranges = rule["ranges"]
    unit = ""
    if rule["quantity"] in OF_TIME:
        unit = longest_unit(row[end] for row in ranges for end in ("from", "to") if row[end] is not None)
        unit = "" if unit == "seconds" else unit
    factor = 1 / TIME_UNITS[unit] if unit else Fraction(1)
    ladder = ladder_of(ranges) if ladders else None
    texts = {"bounds": unit}
    if ladder:
        texts |= {"kind": LADDER, "direction": ladder[0]}
        for index, (bound, credit) in enumerate(ladder[1]):
            texts[f"{LADDER}[{index}].bound"] = scaled(bound, factor)
            texts[f"{LADDER}[{index}].credit"] = _number(credit)
        return texts
    texts["kind"] = RANGES
    for index, row in enumerate(ranges):
        for end in ("from", "to"):
            texts[f"{RANGES}[{index}].{end}"] = "" if row[end] is None else scaled(row[end], factor)
            texts[f"{RANGES}[{index}].{end}_closed"] = "yes" if row[f"{end}_closed"] else "no"
        texts[f"{RANGES}[{index}].credit"] = _number(row["credit"])
    return texts


def _number(value: str | None) -> str:
    return "" if value is None else number(Fraction(value))


def says_something(reader: Reader, path: str) -> bool:
    """Whether a rule says anything but what a new one starts with."""
    kind = reader.text(f"{path}.kind", LADDER)
    fields = (*COMMON, *PARTS.get(kind, ()))
    said = any(reader.text(f"{path}.{field.path}", field.default) != field.default for field in fields)
    return said or any(
        reader.text(f"{path}.{kind}[{row}].{field.path}", field.default) != field.default
        for row in range(rows(reader.texts, f"{path}.{kind}"))
        for field in TABLES.get(kind, ())
    )


def read_rule(reader: Reader, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The rule at a path as a document has it, and where in the form a fault of it stands if not under its own path."""
    kind = reader.choice(COMMON[0], f"{path}.kind")
    quantity = reader.choice(COMMON[1], f"{path}.quantity")
    rule: dict[str, Any] = {"type": METERED if kind == METERED else "brackets", "quantity": quantity}
    for field in (*COMMON[2:], *(METER if kind == METERED else ())):
        reader.into(rule, field, f"{path}.{field.path}", field.path)
    if kind == METERED:
        return rule, {}
    factor = _factor(reader, path, quantity)
    lines = reader.filled(f"{path}.{kind}", TABLES[kind])
    if not lines:
        reader.fault(f"{path}.{kind}", "needs at least one row")
        return rule, {}
    if kind == RANGES:
        return rule | {"ranges": [_range(reader, f"{path}.{kind}[{line}]", factor) for line in lines]}, {}
    direction = reader.choice(DIRECTION, f"{path}.direction")
    rungs = [_rung(reader, f"{path}.{kind}[{line}]", factor) for line in lines]
    return rule | {"ranges": ranges_of(rungs, direction)}, _places(path, direction, len(rungs))


def in_ranges(reader: Reader, path: str) -> Texts | None:
    """The ladder at a path as the ranges that it stands for; None where it has a fault."""
    rule, _ = read_rule(reader, path)
    if reader.faults or "ranges" not in rule:
        return None
    try:
        ranges = [
            {
                name: exact_text(parse_exact(part)) if isinstance(part, str) else part
                for name, part in row.items()
            }
            for row in rule["ranges"]
        ]
    except ValueError:
        return None
    return show_rule({"reference": None, "window": None, **rule, "ranges": ranges}, ladders=False)


def _factor(reader: Reader, path: str, quantity: str) -> Fraction:
    """What one unit of the bounds is of the quantity's own."""
    unit = reader.choice(BOUNDS, f"{path}.bounds")
    if unit and quantity not in OF_TIME:
        reader.fault(f"{path}.bounds", "only downtimes are measured in time: choose seconds")
    return TIME_UNITS.get(unit, Fraction(1))


def _rung(reader: Reader, path: str, factor: Fraction) -> Rung:
    for name in ("bound", "credit"):
        if not reader.text(f"{path}.{name}"):
            reader.fault(f"{path}.{name}", "is required")
    return scaled(reader.text(f"{path}.bound"), factor), reader.text(f"{path}.credit")


def _range(reader: Reader, path: str, factor: Fraction) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for field in RANGE:
        reader.into(read, field, f"{path}.{field.path}", field.path)
    for end, closed in (("from", True), ("to", False)):
        read[end] = scaled(read[end], factor) if end in read else None
        read[f"{end}_closed"] = read[f"{end}_closed"] == "yes" if f"{end}_closed" in read else closed
    return read


def _places(path: str, direction: str, rungs: int) -> dict[str, str]:
    """Faults of the ranges stand at their rungs; that of a far end is told at the rung whose bound it is."""
    near, far = ("to", "from") if DIRECTIONS[direction].down else ("from", "to")
    places: dict[str, str] = {}
    for row in range(rungs):
        places |= {
            f"{path}.ranges[{row}].{near}": f"{path}.{LADDER}[{row}].bound",
            f"{path}.ranges[{row}].{far}": "",
            f"{path}.ranges[{row}].credit": f"{path}.{LADDER}[{row}].credit",
            f"{path}.ranges[{row}]": f"{path}.{LADDER}[{row}].bound",
        }
    return places
