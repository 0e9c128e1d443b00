"""Case documents: JSON to values and back, strictly; the canonical form and its digest; results as JSON.

The document is what a statement freezes and what anybody can recompute. Whatever is wrong in one is reported at once, each
with the field's path and the reason; nothing is guessed and nothing is ignored inside `terms`, `input` and `expected`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from slaservice.rules import ENGINE_VERSION, canon
from slaservice.rules.agreement import Agreement, Settlement
from slaservice.rules.assessment import Assessment, Case, Measurement, misfits
from slaservice.rules.claims import period_deadline
from slaservice.rules.credits import CreditResult, RuleReason
from slaservice.rules.evidence import Evidence, instant_text
from slaservice.rules.exact import exact_text, fixed, ratio_text, rounded
from slaservice.rules.intervals import SECOND
from slaservice.rules.ledger import BUCKETS, Ledger, Row
from slaservice.rules.meaning import meaningless
from slaservice.rules.refusal import FieldError, Invalid
from slaservice.rules.terms import RATIO_LEVEL, Terms

Json = dict[str, Any]
T = TypeVar("T")

_TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)
_EVIDENCE: TypeAdapter[Evidence] = TypeAdapter(Evidence)
_AGREEMENT: TypeAdapter[Agreement] = TypeAdapter(Agreement)

_UNION_TAGS = {"brackets", "metered", "calendar", "explicit"}
_DEEPEST = 32

RESULT_FIELDS = frozenset(
    "period_start period_end period_seconds downtime_seconds eligible_seconds uptime_ratio uptime_percent_exact "
    "uptime_percent judged_percent commitment_met credit_percent credit_days base_exact capped credit_amount_exact "
    "credit_amount components provisional applicable measured_percent measured_downtime_seconds excluded_seconds "
    "allowed_downtime_seconds carried claim terminate ledger buckets reasons".split()
)
"""Everything that a result may carry."""


def load(text: bytes | str) -> Any:
    """Strict JSON: UTF-8, no key twice, no NaN or Infinity, at most 32 levels. Invalid otherwise.

    Numbers with a point stay floats, for the field that holds one to refuse by name.
    """

    def no_key_twice(pairs: list[tuple[str, Any]]) -> Json:
        read: Json = {}
        for key, value in pairs:
            if key in read:
                shown = key[:100] if key.isprintable() else ascii(key[:100])
                raise Invalid([FieldError(shown, "stands twice in one object")])
            read[key] = value
        return read

    def no_constant(name: str) -> Any:
        raise Invalid([FieldError("$", f"{name} is not JSON")])

    try:
        read = text if isinstance(text, str) else text.decode("utf-8-sig")
        value = json.loads(read, object_pairs_hook=no_key_twice, parse_constant=no_constant)
    except UnicodeDecodeError:
        raise Invalid([FieldError("$", "is not UTF-8")]) from None
    except RecursionError:
        raise Invalid([FieldError("$", f"is nested deeper than {_DEEPEST} levels")]) from None
    except ValueError as problem:
        raise Invalid([FieldError("$", f"is not JSON: {problem}")]) from None
    if _depth_exceeds(value, _DEEPEST):
        raise Invalid([FieldError("$", f"is nested deeper than {_DEEPEST} levels")])
    return value


def _depth_exceeds(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (not levels or any(_depth_exceeds(item, levels - 1) for item in value))


def parse_terms(data: object) -> Terms:
    """Terms from JSON values. Invalid names every field that is wrong or has no meaning beside the others."""
    terms = _parsed(_TERMS, data, "terms")
    wrong = [FieldError(f"terms.{path}", reason) for path, reason in meaningless(terms)]
    if wrong:
        raise Invalid(wrong)
    return terms


def parse_evidence(data: object) -> Evidence:
    """The `input` of a case from JSON values."""
    return _parsed(_EVIDENCE, data, "input")


def parse_agreement(data: object) -> Agreement:
    """What joins the cases of a statement."""
    return _parsed(_AGREEMENT, data, "agreement")


def parse_case(data: object) -> Case:
    """A case from JSON values; its `terms` and `input` are read, anything beside them is not. All errors at once."""
    if not isinstance(data, dict):
        raise Invalid([FieldError("$", "must be an object with terms and input")])
    errors: list[FieldError] = []
    parts: list[Any] = []
    for name, parse in (("terms", parse_terms), ("input", parse_evidence)):
        try:
            if name not in data:
                raise Invalid([FieldError(name, "is required")])
            parts.append(parse(data[name]))
        except Invalid as invalid:
            errors += invalid.errors
    if not errors:
        errors = misfits(*parts)
    errors += _wrong_expected(data.get("expected"))
    if errors:
        raise Invalid(errors)
    return Case(*parts)


def _wrong_expected(expected: object) -> list[FieldError]:
    if expected is None:
        return []
    if not isinstance(expected, dict):
        return [FieldError("expected", "must be an object with any part of a result")]
    unknown = sorted(expected.keys() - RESULT_FIELDS)
    return [FieldError(f"expected.{name}", "is not a known field") for name in unknown]


def _parsed(adapter: TypeAdapter[T], data: object, name: str) -> T:
    try:
        return adapter.validate_python(data)
    except ValidationError as problem:
        raise Invalid([*field_errors(name, map(dict, problem.errors()))]) from None


def field_errors(name: str, errors: Iterable[Mapping[str, Any]]) -> Iterator[FieldError]:
    """The errors that pydantic found (`loc`, `type`, `msg`) in what is called `name`, as paths and reasons."""
    for error in errors:
        path, before = name, None
        for step in error["loc"]:
            if isinstance(step, int):
                path += f"[{step}]"
            elif not _is_no_field(step, before):
                path += f".{step}" if path else step
            before = step
        reasons = {"missing": "is required", "unexpected_keyword_argument": "is not a known field"}
        yield FieldError(path, reasons.get(error["type"]) or error["msg"].removeprefix("Value error, "))


def _is_no_field(step: str, before: int | str | None) -> bool:
    """Steps that name no field: the kind of a rule or of a period, and that it is a key that is wrong."""
    return step == "[key]" or (step in _UNION_TAGS and (isinstance(before, int) or before == "period"))


def terms_json(terms: Terms) -> Json:
    """Terms in canonical values: defaults filled in, fractions in lowest terms."""
    return _json(_TERMS, terms)


_OWN = {"history", "uptime_history", "fee", "affected_user_share", "previously_credited", "carried_forward"}
"""The parts of an `input` that are each contract's own: money and earlier periods."""


def evidence_json(evidence: Evidence, shared: Json | None = None) -> Json:
    """The `input` in canonical values: UTC, defaults filled in, fractions in lowest terms.

    `shared`: that of evidence that differs in nothing but money and earlier periods, where it is known already.
    """
    if shared is None:
        return _json(_EVIDENCE, evidence)
    own: Json = _EVIDENCE.dump_python(evidence, mode="json", by_alias=True, include=_OWN)
    return shared | own


def agreement_json(agreement: Agreement) -> Json:
    """What joins the cases, in canonical values."""
    return _json(_AGREEMENT, agreement)


def case_json(case: Case) -> Json:
    """A case in canonical values."""
    return {"terms": terms_json(case.terms), "input": evidence_json(case.evidence)}


def _json(adapter: TypeAdapter[Any], value: object) -> Json:
    dumped: Json = adapter.dump_python(value, mode="json", by_alias=True)
    return dumped


def canonical(document: Any) -> bytes:
    """The canonical bytes of a document: keys sorted, no white space, UTF-8."""
    return canon.text(document).encode()


def digest(document: Any) -> str:
    """SHA-256 of the canonical bytes together with the engine's version, as 64 hexadecimal digits."""
    return digest_of(canonical(document))


def digest_of(body: bytes, *, engine: str = ENGINE_VERSION) -> str:
    """The digest of the document that has these canonical bytes."""
    return hashlib.sha256(b'{"document":%b,"engine":%b}' % (body, canonical(engine))).hexdigest()


@lru_cache(maxsize=1)
def schema() -> Json:
    """The JSON Schema (2020-12) of a case document."""
    definitions: Json = {}
    properties = {}
    for name, adapter in (("terms", _TERMS), ("input", _EVIDENCE)):
        part = adapter.json_schema(by_alias=True)
        definitions |= part.pop("$defs", {})
        properties[name] = part
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "slaservice case",
        "type": "object",
        "properties": properties,
        "required": ["terms", "input"],
        "$defs": definitions,
    }


def result_json(assessment: Assessment, measured: Json | None = None) -> Json:
    """A result by the names of the published format, exact, with ledger, buckets and reasons beside them.

    `measured`: what `measured_json` gave for the same measurement, where it is known already.
    """
    credit, terms = assessment.credit, assessment.case.terms
    shared = measured_json(assessment) if measured is None else measured
    return shared | {
        "credit_days" if terms.credit.unit == "days" else "credit_percent": exact_text(credit.credit),
        "base_exact": exact_text(credit.base),
        "capped": credit.capped,
        "credit_amount_exact": exact_text(credit.exact),
        "credit_amount": fixed(credit.amount, terms.money.places),
        "carried": exact_text(credit.carried),
        "terminate": [
            {"right": one.right, "held": one.held, "misses": one.misses, "one_more_miss": one.one_more_miss}
            for one in assessment.exit_rights
        ],
        "reasons": shared["reasons"] | _reasons_of_credit(credit),
    }


def measured_json(measurement: Measurement) -> Json:
    """The part of a result that neither money nor earlier periods bear on."""
    terms = measurement.terms
    result: Json = {
        "period_start": instant_text(measurement.period.start),
        "period_end": instant_text(measurement.period.end),
        "period_seconds": _whole(Fraction(measurement.period.end - measurement.period.start, SECOND)),
        "downtime_seconds": exact_text(measurement.downtime),
        "eligible_seconds": _whole(measurement.eligible),
        "uptime_ratio": ratio_text(measurement.uptime),
        "uptime_percent_exact": ratio_text(measurement.uptime_percent),
        "uptime_percent": shown_percent(measurement.uptime_percent),
        "judged_percent": ratio_text(measurement.judged_percent),
        "commitment_met": measurement.met,
        "provisional": measurement.provisional,
        "applicable": measurement.applicable,
        "measured_percent": shown_percent(measurement.measured_percent),
        "measured_downtime_seconds": exact_text(measurement.measured_downtime),
        "excluded_seconds": exact_text(measurement.seconds("excluded")),
        "allowed_downtime_seconds": exact_text(measurement.allowed_downtime),
        "claim": _claim_json(measurement),
        "ledger": [_ledger_json(ledger) for ledger in measurement.ledgers],
        "buckets": {name: exact_text(seconds) for name in BUCKETS if (seconds := measurement.seconds(name))},
        "reasons": _reasons_of_time(measurement),
    }
    if terms.combine in RATIO_LEVEL and len(terms.components.names) > 1:
        result["components"] = {ledger.component: _component_json(ledger) for ledger in measurement.ledgers}
    return result


def _claim_json(measurement: Measurement) -> Json:
    """Who claims, and from when it is too late: for the period, and for each counted outage to report it and to claim."""
    return {
        "by": measurement.terms.claim.by,
        "claim_before": _instant(period_deadline(measurement.terms, measurement.period)),
        "incidents": [
            {"window": one.window, "notice_before": _instant(one.notice), "claim_before": _instant(one.claim)}
            for one in measurement.deadlines
        ],
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else instant_text(at)


def shown_percent(percent: Fraction) -> str:
    """Six decimals, rounded down: 100.000000 only where it is exactly that."""
    return fixed(rounded(percent, 6, "floor"), 6)


def _whole(seconds: Fraction) -> int | str:
    return seconds.numerator if seconds.denominator == 1 else ratio_text(seconds)


def _component_json(ledger: Ledger) -> Json:
    uptime = Fraction(1) if ledger.uptime is None else ledger.uptime
    return {
        "downtime_seconds": exact_text(ledger.downtime),
        "eligible_seconds": _whole(ledger.eligible),
        "uptime_ratio": ratio_text(uptime),
    }


def _ledger_json(ledger: Ledger) -> Json:
    return {"component": ledger.component, "rows": [_row_json(row) for row in ledger.rows]}


def _row_json(row: Row) -> Json:
    return {
        "start": instant_text(row.start),
        "end": instant_text(row.end),
        "bucket": row.bucket,
        "eligible": row.eligible,
        "loss": exact_text(row.loss),
        "windows": list(row.windows),
        "exclusion": row.exclusion,
        "marks": list(row.marks),
    }


def _reasons_of_time(measurement: Measurement) -> Json:
    return {
        "dropped_windows": [
            {"id": drop.window, "reason": drop.reason}
            for ledger in measurement.ledgers
            for drop in ledger.dropped
        ],
        "runs": [
            {
                "start": instant_text(run.start),
                "end": instant_text(run.end),
                "counted": run.counted,
                "seconds": exact_text(Fraction(run.end - run.start, SECOND)),
                "reason": run.reason,
            }
            for ledger in measurement.ledgers
            for run in ledger.tested
        ],
    }


def _reasons_of_credit(credit: CreditResult) -> Json:
    limit = None if credit.limit is None else {"limit": exact_text(credit.limit), "reduced": credit.capped}
    return {
        "gate": {"open": credit.gate_open, "reason": credit.gate_reason},
        "rules": [_rule_json(reason) for reason in credit.rules],
        "before_cap": exact_text(credit.before_cap),
        "cap": limit,
        "minimum_issue": {"below": credit.below_minimum},
    }


def _rule_json(reason: RuleReason) -> Json:
    return {
        "rule": reason.rule,
        "type": reason.type,
        "quantity": reason.quantity,
        "value": exact_text(reason.value),
        "hit": reason.bracket,
        "steps": None if reason.steps is None else exact_text(reason.steps),
        "credit": exact_text(reason.credit),
    }


def total_json(settlement: Settlement) -> Json:
    """The `total` of a statement's document."""
    return {
        "currency": settlement.currency,
        "counted": list(settlement.counted),
        "before_cap": fixed(settlement.before_cap, settlement.decimals),
        "capped": settlement.capped,
        "credit_amount": fixed(settlement.amount, settlement.decimals),
    }
