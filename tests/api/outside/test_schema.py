"""The published schema: valid, whole, the same for everybody, and nothing that was published once vanishes from it."""

import json
import re
from copy import deepcopy
from typing import Any, get_type_hints

import pytest
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from slaservice.api.published import completed, schema
from slaservice.headers import POLICY
from slaservice.outages.api import shapes
from slaservice.outages.importers import entries
from tests.api.outside.kept import broken, kept, now
from tests.api.outside.schema import operations

OPERATIONS = """
change_webhook confirm_maintenance confirm_outage correct_maintenance correct_outage create_webhook delete_webhook
fetch_statement_csv fetch_statement_document fetch_statement_pdf file_claim file_dispute list_claims list_contracts
list_credits list_disputes list_incidents list_keys list_maintenance list_outages list_recorded_components
list_recorded_maintenance list_recorded_outages list_recorded_tiers list_statement_ledger list_statement_revisions
list_statements list_webhook_deliveries list_webhooks make_key propose_maintenance propose_outage
record_request_counts replay_webhook_delivery replay_webhook_events revoke_key rotate_webhook_secret show_availability
show_claim show_contract show_credit show_dispute show_incident show_maintenance show_outage show_recorded_component
show_recorded_maintenance show_recorded_outage show_recorded_tier show_statement show_webhook show_webhook_delivery
show_webhook_secret test_webhook verify_digest verify_document withdraw_maintenance withdraw_outage
""".split()
"""What generated clients call the operations: a name that vanishes breaks programs."""


def test_the_operations_keep_their_names() -> None:
    assert sorted(known.said["operationId"] for known in operations()) == OPERATIONS


def test_two_operations_of_one_name_are_refused() -> None:
    twins = {"/a": {"get": {"operationId": "list_a"}}, "/b": {"get": {"operationId": "list_a"}}}
    with pytest.raises(LookupError, match="GET /b and GET /a are both called list_a"):
        completed({"info": {}, "components": {}, "paths": twins}, generator=None)  # type: ignore[arg-type]


def test_a_validator_accepts_it() -> None:
    OpenAPIV31SpecValidator(json.loads(json.dumps(schema()))).validate()
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_each_operation_says_what_it_does_takes_gives_and_refuses() -> None:
    for known in operations():
        said = known.said
        assert said["summary"] and said["description"], known
        assert all(parameter["description"] for parameter in said["parameters"]), known
        codes = " ".join(one["description"] for status, one in said["responses"].items() if status >= "400")
        assert "`invalid_request`" in codes or not said["parameters"], known
        assert known.key or known.path.startswith("/api/v1/verify/"), known
        assert said["security"] == [] or next(iter(said["security"][0].values())), f"{known} takes no scope"


def test_programs_get_it_without_a_key() -> None:
    response = Client().get("/api/v1/openapi.json")
    assert response.json() == json.loads(json.dumps(schema()))
    assert response["Cache-Control"] == "public, max-age=300"
    again = Client().get("/api/v1/openapi.json", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_people_read_it_as_a_page_that_needs_no_script() -> None:
    response = Client().get("/api/v1/")
    page = response.content.decode()
    assert response["Content-Security-Policy"] == POLICY
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
    for known in operations():
        assert f'id="{known.said["operationId"]}"' in page
    ids, targets = re.findall(r' id="([^"]+)"', page), set(re.findall(r'href="#([^"]+)"', page))
    assert len(ids) == len(set(ids)) and targets <= set(ids)


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        (shapes.OutageEntry, {**entries.IDENTITY, **entries.OUTAGE}),
        (shapes.OutageCorrection, {**entries.OUTAGE, "reason": None}),
        (shapes.MaintenanceEntry, {**entries.IDENTITY, **entries.MAINTENANCE}),
        (shapes.MaintenanceCorrection, {**entries.MAINTENANCE, "reason": None}),
        (shapes.CountedInterval, entries.REQUEST_COUNT),
    ],
)
def test_what_is_published_of_a_fact_is_what_its_reading_knows(shape: Any, fields: Any) -> None:
    assert set(get_type_hints(shape)) == set(fields)
    if not shape.__name__.endswith("Correction"):
        assert shape.__required_keys__ == {name for name, field in fields.items() if field.required}


def test_nothing_of_what_was_published_is_gone_or_of_another_type() -> None:
    assert list(broken(kept(), now())) == []


def test_what_is_new_is_kept_too() -> None:
    assert kept() == now(), "python -m tests.api.outside.kept"


def test_what_would_break_programs_is_noticed() -> None:
    before = now()
    after = deepcopy(before)
    del after["components"]["schemas"]["StatementSummary"]["properties"]["digest"]
    after["components"]["schemas"]["StatementSummary"]["required"].remove("digest")
    after["components"]["schemas"]["Period"]["properties"]["start"]["type"] = "integer"
    listed = after["paths"]["/api/v1/statements"]["get"]
    listed["parameters"] = [one for one in listed["parameters"] if one["name"] != "limit"]
    del after["paths"]["/api/v1/keys"]
    del after["components"]["schemas"]["Problem"]["properties"]["title"]
    after["components"]["schemas"]["NewClaim"]["required"].append("text")
    schemas = "/components/schemas"
    assert sorted(broken(before, after)) == sorted(
        [
            f"{schemas}/StatementSummary/properties/digest is gone",
            f"{schemas}/StatementSummary: digest is no more always there",
            f"{schemas}/Period/properties/start/type was 'string' and is 'integer'",
            "/paths//api/v1/statements/get/parameters/limit is gone",
            "/paths//api/v1/keys is gone",
            f"{schemas}/Problem/properties/title is gone",
            f"{schemas}/NewClaim: text must be there now",
        ]
    )
    more = deepcopy(before)
    more["components"]["schemas"]["Period"]["properties"]["also"] = {"type": "string"}
    assert list(broken(before, more)) == []
