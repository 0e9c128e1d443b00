"""Who may post to us, how they prove it, and that a message is kept before anybody reads it."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from slaservice.history import operations as history
from slaservice.outages.models import HOOK_KINDS, CustomerTier, Hook, HookMessage, HookTier
from slaservice.outages.models.hooks import PAGERDUTY, STATUSPAGE
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.rules.refusal import Refusal

_EDIT = "hooks.edit"
MAY_CHANGE = ("enabled", "component_label", "severity", "severities", "feed")
NOBODYS_HMAC = "0" * 64
_MOST_SIGNATURES = 20


@transaction.atomic
def create_hook(
    *, name: str, kind: str, by: By, now: datetime, tiers: Iterable[CustomerTier] = (), **values: Any
) -> tuple[Hook, str]:
    """A new hook and its token, which is stored nowhere (PagerDuty's has none: it signs). Invalid with every fault."""
    history.require(by, _EDIT)
    hook = Hook(name=name, kind=kind, **values)
    _check(hook)
    token = "" if kind == PAGERDUTY else secrets.token_urlsafe(32)
    hook.token_hmac = _hashed(token) if token else ""
    try:
        with transaction.atomic():
            hook.save(force_insert=True)
    except IntegrityError as conflict:
        raise Refusal("already_recorded", f"There is a hook {name} already.") from conflict
    _set_tiers(hook, tiers)
    data = {"after": _described(hook)}
    history.record(by=by, action="hooks.create", obj=hook, data=data, at=now)
    return hook, token


@transaction.atomic
def change_hook(
    *,
    hook: Hook,
    by: By,
    now: datetime,
    reason: str = "",
    tiers: Iterable[CustomerTier] | None = None,
    **changes: Any,
) -> Hook:
    """What its messages mean from now on, or whether they are taken at all."""
    history.require(by, _EDIT)
    if unknown := set(changes) - set(MAY_CHANGE):
        raise Refusal("field_is_not_known", f"This cannot be changed: {', '.join(sorted(unknown))}.")
    current = Hook.objects.select_for_update(of=("self",), no_key=True).get(pk=hook.pk)
    before = _described(current)
    for name, value in changes.items():
        setattr(current, name, value)
    _check(current)
    current.save(update_fields=list(MAY_CHANGE))
    if tiers is not None:
        _set_tiers(current, tiers)
    data = {"before": before, "after": _described(current)}
    if data["before"] != data["after"]:
        history.record(by=by, action="hooks.change", obj=current, reason=reason, data=data, at=now)
    return current


@transaction.atomic
def renew_token(*, hook: Hook, by: By, now: datetime, reason: str) -> str:
    """Another token; the old one opens nothing from now on."""
    history.require(by, _EDIT)
    if hook.kind == PAGERDUTY:
        raise Refusal("hook_has_no_token", "PagerDuty signs; its secret stands in HOOK_SECRETS.")
    token = secrets.token_urlsafe(32)
    Hook.objects.filter(pk=hook.pk).update(token_hmac=_hashed(token))
    history.record(by=by, action="hooks.renew", obj=hook, reason=reason, at=now)
    return token


def token_opens(hook: Hook | None, token: str) -> bool:
    """Whether this is the hook's token; as long for a hook that is not there."""
    known = hook.token_hmac if hook and hook.token_hmac else NOBODYS_HMAC
    return hmac.compare_digest(_hashed(token), known)


def is_signed(hook: Hook | None, body: bytes, header: str) -> bool:
    """Whether one of the signatures `v1=<hex>, ...` is made with the hook's secret; others may be of another secret."""
    secret = settings.HOOK_SECRETS.get(hook.name, "") if hook else ""
    made = hmac.new(secret.encode() or b"nobody's", body, sha256).hexdigest()
    signatures = [part.strip().removeprefix("v1=") for part in header.split(",")[:_MOST_SIGNATURES]]
    fits = [hmac.compare_digest(made.encode(), one.encode()) for one in signatures]
    return bool(secret) and any(fits)


def receive(*, hook: Hook, body: bytes, key: str, subject: str, now: datetime) -> bool:
    """Keeps a message; whether it is a new one. A second time the same changes nothing."""
    digest = sha256(body).hexdigest()
    message = HookMessage(
        hook=hook, key=key or digest, subject=subject, body=body, sha256=digest, received_at=now, due_at=now
    )
    made = HookMessage.objects.bulk_create([message], ignore_conflicts=True)
    return HookMessage.objects.filter(hook=hook, key=made[0].key, received_at=now).exists()


@transaction.atomic
def process_again(*, message: HookMessage, by: By, now: datetime, reason: str = "") -> HookMessage:
    """Puts a message back into the queue: it is harmless to read one twice."""
    history.require(by, _EDIT)
    HookMessage.objects.filter(pk=message.pk).update(processed_at=None, attempts=0, due_at=now)
    history.record(by=by, action="hooks.process", obj=message, reason=reason, at=now)
    return HookMessage.objects.get(pk=message.pk)


def _hashed(token: str) -> str:
    return hmac.new(settings.API_KEY_PEPPER.encode(), b"hook:" + token.encode(), sha256).hexdigest()


def _check(hook: Hook) -> None:
    faults = Faults()
    faults.source("name", hook.name)
    faults.slug("severity", hook.severity, code="severity_is_not_a_slug")
    faults.text("component_label", hook.component_label, longest=100, blank=False)
    if hook.kind not in HOOK_KINDS:
        faults.add("kind_is_not_known", "kind", f"The kind must be one of: {', '.join(HOOK_KINDS)}.")
    if hook.kind == STATUSPAGE and hook.feed is None:
        faults.add("hook_names_no_feed", "feed", "Name the polled feed whose messages these are.")
    if not isinstance(hook.severities, dict):
        faults.add("severities_are_no_table", "severities", 'Write {"critical": "major_outage"}.')
    else:
        for word, severity in hook.severities.items():
            faults.slug(f"severities.{word}", str(severity), code="severity_is_not_a_slug")
    faults.raise_if_any()


def _set_tiers(hook: Hook, tiers: Iterable[CustomerTier]) -> None:
    HookTier.objects.filter(hook=hook).delete()
    HookTier.objects.bulk_create([HookTier(hook=hook, tier=tier) for tier in tiers])


def tiers_of(hook: Hook) -> list[CustomerTier]:
    """The tiers that its messages speak of."""
    return list(hook.tiers.order_by("code") or CustomerTier.objects.order_by("code"))


def _described(hook: Hook) -> dict[str, Any]:
    columns = {name: getattr(hook, name) for name in ("name", "kind", *MAY_CHANGE) if name != "feed"}
    feed = hook.feed.source if hook.feed else None
    return {**columns, "feed": feed, "tiers": [tier.code for tier in hook.tiers.order_by("code")]}
