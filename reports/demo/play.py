"""Plays the demonstration: the quarter of feed.json goes through the real importer, desk, close, approval and issue.

Everything is done by the verbs that people and workers use, under the names of the demonstration's own people, and by a story
clock: the quarter is recorded and closed on 2 July 2026, so that every run gives the same statements to the byte. What is
there already is left alone; a second run changes nothing.
"""

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User

from accounts import operations as accounts
from accounts.models import SCOPES, Contract, Customer
from reports import closing, operations, tasks
from reports.making import owed
from reports.models import ServiceCredit, Statement
from slaservice.outages import operations as outages
from slaservice.outages.importers import statuspage
from slaservice.outages.models import (
    Component,
    CustomerTier,
    Incident,
    Maintenance,
    OutageWindow,
)
from slaservice.rules.refusal import Refusal

FOLDER = Path(__file__).parent
MONTHS = ("2026-04", "2026-05", "2026-06")
STORY = datetime(2026, 7, 2, 8, 0, tzinfo=UTC)

Say = Callable[[str], None]
Track = Callable[[Iterable[Any], str, int], Iterable[Any]]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogIns:
    """What a person needs to look around: passwords by user name, and a customer's API key."""

    passwords: dict[str, str]
    api_key: str
    api_customer: str


def _load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def at(text: str | None) -> Any:
    """An ISO instant as an aware datetime; None stays None."""
    return None if text is None else datetime.fromisoformat(text)


def play(*, say: Say, track: Track) -> LogIns:
    """Record, decide, sign, close, approve, issue, print. Returns how to log in."""
    cast = _load("customers.json")
    log_ins = _people(cast)
    operator = _with_role(cast, "operator")
    components, tiers = _catalogue(cast)
    _record(cast, components, operator, say, track)
    _maintain(cast, components, tiers, operator)
    clerk, approver = _with_role(cast, "finance clerk"), _with_role(cast, "finance approver")
    _sign(cast, clerk)
    for step, month in enumerate(MONTHS):
        _close(month, clerk, approver, STORY + timedelta(hours=4 + step), say)
    waiting = owed(now=datetime.now(UTC))
    for statement in track(waiting, "making documents", len(waiting)):
        tasks.make_document(statement)
    return _api_key(log_ins)


def _people(cast: Json) -> LogIns:
    """The demonstration's people, with passwords that are made once and kept beside the database."""
    kept = Path(settings.VAR_DIR) / "demo-log-ins.json"
    log_ins: Json = {"passwords": {}, "api_key": "", "api_customer": ""}
    if kept.exists():
        log_ins = json.loads(kept.read_text())
    for person in cast["people"]:
        first, _, last = person["full_name"].partition(" ")
        user, new = User.objects.get_or_create(
            username=person["username"], defaults={"first_name": first, "last_name": last, "is_staff": True}
        )
        if new or person["username"] not in log_ins["passwords"]:
            log_ins["passwords"][person["username"]] = secrets.token_urlsafe(9)
            user.set_password(log_ins["passwords"][person["username"]])
            user.is_superuser = person["role"] == "administrator"
            user.save()
            user.groups.add(Group.objects.get(name=person["role"]))
    _keep(kept, log_ins)
    return LogIns(**log_ins)


def _keep(path: Path, log_ins: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(log_ins, indent=1))


def _with_role(cast: Json, role: str) -> User:
    username = next(person["username"] for person in cast["people"] if person["role"] == role)
    return User.objects.get(username=username)


def _catalogue(cast: Json) -> tuple[dict[str, Component], dict[str, CustomerTier]]:
    for position, component in enumerate(cast["components"]):
        Component.objects.get_or_create(
            code=component["code"],
            defaults={
                "name": component["name"],
                "starts_on": date.fromisoformat(component["starts_on"]),
                "position": position,
            },
        )
    for position, tier in enumerate(cast["tiers"]):
        CustomerTier.objects.get_or_create(
            code=tier["code"], defaults={"name": tier["name"], "position": position}
        )
    return {c.code: c for c in Component.objects.all()}, {t.code: t for t in CustomerTier.objects.all()}


def _record(cast: Json, components: dict[str, Component], operator: User, say: Say, track: Track) -> None:
    """Say what the feed's components mean, import it, and decide incident by incident."""
    source = cast["source"]
    if not Incident.objects.filter(source=source).exists():
        say("Importing the quarter's feed ...")
        for component in cast["components"]:
            outages.map_feed_component(
                source=source,
                external_id=component["feed_id"],
                name=component["name"],
                component=components[component["code"]],
                by=operator,
                now=STORY,
            )
        statuspage.import_feed(
            feed=(FOLDER / "feed.json").read_bytes(), source=source, by=operator, now=STORY
        )
    undecided = set(
        OutageWindow.objects.filter(state="proposed", source=source).values_list("reference", flat=True)
    )
    decisions = [d for d in _load("decisions.json")["decisions"] if _speaks_of(d, undecided)]
    for decision in track(decisions, "deciding on incidents", len(decisions)):
        _decide(decision, source, undecided, operator)


def _speaks_of(decision: Json, undecided: set[str]) -> bool:
    named = [
        *decision.get("confirm", ()),
        *decision.get("withdraw", ()),
        *(c["window"] for c in decision.get("correct", ())),
    ]
    return bool(undecided.intersection(named)) or any(
        not OutageWindow.objects.filter(reference=_recorded_name(decision, n)).exists()
        for n, _ in enumerate(decision.get("record", ()), start=1)
    )


def _recorded_name(decision: Json, number: int) -> str:
    return f"{decision['incident']}/recorded/{number}"


def _decide(decision: Json, source: str, undecided: set[str], by: User) -> None:
    """Do what the decisions file says of one incident, for what is still undecided."""
    now, why = STORY + timedelta(hours=1), decision["because"]
    for reference in undecided.intersection(decision.get("confirm", ())):
        outages.confirm(window=_window(reference), by=by, now=now, reason=why)
    for reference in undecided.intersection(decision.get("withdraw", ())):
        outages.withdraw(window=_window(reference), by=by, now=now, reason=why)
    for correction in decision.get("correct", ()):
        if correction["window"] in undecided:
            changes = {key: correction[key] for key in ("severity", "basis") if key in correction}
            outages.correct(
                window=_window(correction["window"]),
                by=by,
                now=now,
                reason=why,
                start=at(correction["start"]),
                end=at(correction["end"]),
                **changes,
            )
    incident = Incident.objects.get(source=source, external_id=decision["incident"])
    for number, window in enumerate(decision.get("record", ()), start=1):
        reference = _recorded_name(decision, number)
        if not OutageWindow.objects.filter(reference=reference).exists():
            recorded = outages.propose_outage(
                component=Component.objects.get(code=window["component"]),
                tiers=CustomerTier.objects.all(),
                start=at(window["start"]),
                end=at(window["end"]),
                severity=window["severity"],
                basis=window["basis"],
                incident=incident,
                reference=reference,
                by=by,
                now=now,
            )
            outages.confirm(window=recorded, by=by, now=now, reason=why)


def _window(reference: str) -> OutageWindow:
    return OutageWindow.objects.get(reference=reference)


def _maintain(cast: Json, components: dict[str, Component], tiers: dict[str, CustomerTier], by: User) -> None:
    for entry in cast["maintenance"]:
        if Maintenance.objects.filter(reference=entry["reference"]).exists():
            continue
        code = entry["component"]
        maintenance = outages.record_maintenance(
            component=None if code is None else components[code],
            tiers=list(tiers.values()),
            category=entry["category"],
            start=at(entry["start"]),
            end=at(entry["end"]),
            announced_at=at(entry.get("announced_at")),
            title=entry["title"],
            note=entry.get("note", ""),
            reference=entry["reference"],
            by=by,
            now=STORY,
        )
        outages.confirm_maintenance(maintenance=maintenance, by=by, now=STORY)


def _sign(cast: Json, clerk: User) -> None:
    for entry in cast["customers"]:
        customer = Customer.objects.filter(name=entry["name"]).first() or accounts.create_customer(
            name=entry["name"],
            legal_name=entry["legal_name"],
            address=entry["address"],
            language=entry["language"],
            account_manager=User.objects.get(username=entry["account_manager"]),
            by=clerk,
            now=STORY,
        )
        for contract in entry["contracts"]:
            if not Contract.objects.filter(number=contract["number"]).exists():
                _sign_one(customer, contract, clerk)


def _sign_one(customer: Customer, contract: Json, clerk: User) -> None:
    promises = [
        accounts.Promise(name=c["name"], components=c["components"], terms=c["terms"], fee=c.get("fee"))
        for c in contract["commitments"]
    ]
    agreement = accounts.Agreement(
        tier=contract["tier"],
        currency=contract["currency"],
        timezone=contract["timezone"],
        period_months=contract["period_months"],
        first_month=contract["first_month"],
        overlap=contract.get("overlap", "stack"),
        cap=contract.get("cap"),
        promises=promises,
    )
    ends_on = contract.get("ends_on")
    accounts.sign_contract(
        customer=customer,
        number=contract["number"],
        title=contract["title"],
        starts_on=date.fromisoformat(contract["starts_on"]),
        ends_before=None if ends_on is None else date.fromisoformat(ends_on),
        agreement=agreement,
        settling_days=contract.get("settling_days", 1),
        by=clerk,
        now=STORY,
    )


def _close(month: str, clerk: User, approver: User, now: datetime, say: Say) -> None:
    """Close a month, have its credits approved by one person and its statements issued by another."""
    result = closing.close(month=month, now=now, by=clerk)
    for contract, sentence in result.blocked:
        say(f"{contract} is blocked: {sentence}")
    for credit in ServiceCredit.objects.filter(
        statement__month=month, state__in=["proposed", "adjusted"]
    ).order_by("pk"):
        operations.approve(credit=credit, by=approver, now=now, reason="As computed.")
    drafts = Statement.objects.filter(month=month, state=Statement.DRAFT).order_by("contract__number")
    for statement in drafts:
        operations.issue(statement=statement, by=clerk, now=now + timedelta(minutes=30))
    if result.drafted:
        say(f"{month}: {len(result.drafted)} statements drafted and issued.")


def _api_key(log_ins: LogIns) -> LogIns:
    """An API key of the first customer, made once."""
    if log_ins.api_key:
        try:
            if accounts.authenticate_key(log_ins.api_key, datetime.now(UTC)):
                return log_ins
        except Refusal:
            pass
    customer = Customer.objects.order_by("pk")[0]
    _, key = accounts.issue_api_key(
        customer=customer,
        label="demonstration",
        scopes=list(SCOPES),
        by=None,
        now=STORY,
        expires_at=None,
    )
    kept = LogIns(log_ins.passwords, key, customer.name)
    _keep(
        Path(settings.VAR_DIR) / "demo-log-ins.json",
        {"passwords": kept.passwords, "api_key": kept.api_key, "api_customer": kept.api_customer},
    )
    return kept
