"""Documents are read strictly: what is wrong is named by its path, all at once, and nothing is guessed."""

import hashlib
import json
import re

import pytest

from slaservice.rules import ENGINE_VERSION
from slaservice.rules.assessment import assess
from slaservice.rules.documents import (
    agreement_json,
    canonical,
    case_json,
    digest,
    parse_agreement,
    parse_case,
    parse_terms,
    result_json,
    schema,
    terms_json,
)
from tests.rules.samples import at, case, outage, terms


def test_the_canonical_form_is_the_same_for_documents_that_mean_the_same() -> None:
    one = case(outage("10 10:00", "10 10:30"), terms=terms(commitment_percent="99.90", cap=None))
    two = json.loads(json.dumps(one, indent=3, sort_keys=True))
    two["input"]["outages"][0]["start"] = "2026-04-10T12:00:00+02:00"
    two["terms"]["commitment_percent"] = "1998/20"
    two["terms"]["no_data"] = "as_up"
    assert canonical(case_json(parse_case(one))) == canonical(case_json(parse_case(two)))
    assert digest(case_json(parse_case(one))) == digest(case_json(parse_case(two)))


def test_the_canonical_form_reads_back_as_itself() -> None:
    document = case(
        outage("10 10:00", None, affected_share="1/3"),
        terms=terms(
            service_hours={
                "timezone": "Europe/Berlin",
                "weekly": {"mon": [["08:00", "24:00"]]},
                "exceptions": {"2026-12-25": []},
            },
            shape__min_run={"seconds": 60, "op": ">", "test_on": "net"},
            terminate=[{"below": "98"}],
        ),
        as_of=at("12 00:00"),
        history=[True],
    )
    once = case_json(parse_case(document))
    assert case_json(parse_case(once)) == once
    assert terms_json(parse_terms(once["terms"])) == once["terms"]


def test_the_canonical_bytes_are_sorted_without_white_space_and_in_utf_8() -> None:
    assert canonical({"b": [1, None], "a": {"ü": True}}) == '{"a":{"ü":true},"b":[1,null]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_the_digest_is_of_the_document_and_the_version_of_the_engine() -> None:
    covered = b'{"document":{"a":1},"engine":"%s"}' % ENGINE_VERSION.encode()
    assert digest({"a": 1}) == hashlib.sha256(covered).hexdigest()
    assert digest(case()) != digest(case(fee="1000.01"))


def test_a_clock_counts_hours_and_minutes() -> None:
    week = {"mon": [["00:01", "08:30"], ["13:45", "24:00"]]}
    read = parse_terms(terms(service_hours={"timezone": "UTC", "weekly": week}))
    assert read.service_hours is not None
    assert read.service_hours.weekly == {"mon": ((60, 30_600), (49_500, 86_400))}
    assert terms_json(read)["service_hours"]["weekly"] == week


def test_provisional_may_be_written_full() -> None:
    assert parse_terms(terms(provisional="full")).provisional == "whole"


def test_the_schema_is_json_and_knows_every_field_of_terms() -> None:
    published = json.loads(json.dumps(schema()))
    terms_, input_ = published["properties"]["terms"], published["properties"]["input"]
    assert set(terms_["properties"]) == set(terms_json(parse_terms(terms())))
    assert set(input_["properties"]) == set(case_json(parse_case(case()))["input"])
    assert input_["additionalProperties"] is False
    assert {name: published[name] for name in ("$schema", "title", "type", "required")} == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "slaservice case",
        "type": "object",
        "required": ["terms", "input"],
    }


def test_the_schema_calls_fields_as_documents_do_and_holds_all_that_it_refers_to() -> None:
    text = json.dumps(schema())
    assert {"from", "to"} <= set(schema()["$defs"]["Bracket"]["properties"])
    assert set(re.findall(r'"#/\$defs/(\w+)"', text)) == set(schema()["$defs"])
    assert "$defs" not in json.dumps(schema()["properties"]).replace("#/$defs/", "")
    assert schema() is schema()


def test_a_result_shows_times_counts_and_money_by_the_published_names() -> None:
    result = result_json(assess(parse_case(case(outage("10 10:00", "10 10:43:13")))))
    assert (
        result
        | {
            "period_start": "2026-04-01T00:00:00Z",
            "period_seconds": 2_592_000,
            "downtime_seconds": "2593",
            "uptime_ratio": "2589407/2592000",
            "uptime_percent": "99.899961",
            "commitment_met": False,
            "credit_percent": "10",
            "credit_amount": "100.00",
            "allowed_downtime_seconds": "2592",
            "measured_percent": "99.899961",
        }
        == result
    )


def test_a_missed_target_is_never_shown_as_met() -> None:
    almost = case(outage("10 10:00", "10 10:43:12"), outage("11 00:00", "11 00:00:00.000001"))
    result = result_json(assess(parse_case(almost)))
    assert (result["commitment_met"], result["uptime_percent"]) == (False, "99.899999")


def test_an_agreement_reads_back_as_itself() -> None:
    document = {"overlap": "best", "cap": {"kind": "amount", "value": "9000", "per": "contract_year"}}
    once = agreement_json(parse_agreement(document))
    assert once["cap"]["value"] == "9000"
    assert agreement_json(parse_agreement(once)) == once
