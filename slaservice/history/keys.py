"""Keys of programs: made once, kept as a keyed hash, found again in constant time. Whose they are is the table's affair.

A key is `<kind>_<8 letters and digits>_<43 characters>`: the kind tells scanners of secrets and us whose it is, the middle
names the key, the end is 256 random bits. What is stored is HMAC-SHA-256 of the whole under `settings.API_KEY_PEPPER`, which
is not in the database: a stolen dump neither holds a key nor lets one be tried.
"""

import hmac
import re
import secrets
import string
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db.models import Model, Q

from slaservice import prepared
from slaservice.history.models.keys import Key

OF_CUSTOMERS = "sla"
OF_PEOPLE = "slp"

_KEY = re.compile(r"sl[ap]_([0-9A-Za-z]{8})_[0-9A-Za-z_-]{43}")
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_NOBODYS_HASH = "0" * 64

AnyKey = TypeVar("AnyKey", bound=Key)


class NewKey(NamedTuple):
    """The text is shown once and stored nowhere; the other two are stored."""

    text: str
    prefix: str
    secret_hash: str


def new_key(kind: str) -> NewKey:
    """A key that nobody has."""
    prefix = "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(8))
    text = f"{kind}_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text, prefix, _hash(text, settings.API_KEY_PEPPER))


def find_key(model: type[AnyKey], owner: str, text: str, now: datetime) -> AnyKey | None:
    """The key of this model with this text, with its `owner`, if it is neither revoked nor expired; else None.

    The same work is done for a key that is unknown, so that its time does not tell which prefixes exist. Writes the hour
    of use, at most once an hour, and once the hash of a key that was made under a pepper of before.
    """
    shape = _KEY.fullmatch(text)
    key = _with_prefix(model, owner, shape[1] if shape else "")
    stored = key.secret_hash if key else _NOBODYS_HASH
    matches = [hmac.compare_digest(_hash(text, pepper), stored) for pepper in _peppers()]
    if key is None or not any(matches):
        return None
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    if not matches[0]:
        _hash_anew(key, text)
    _note_use(key, now)
    return key


def _with_prefix(model: type[AnyKey], owner: str, prefix: str) -> AnyKey | None:
    """Asked for every call of a program, so it is prepared."""
    owners: type[Model] = model._meta.get_field(owner).related_model  # type: ignore[assignment]
    wanted = [*prepared.columns(model), *prepared.columns(owners, f"{owner}__")]
    found = prepared.rows(
        (find_key, model),
        lambda said: model._default_manager.filter(prefix=said["prefix"]).order_by().values(*wanted),
        {"prefix": prefix},
    )
    for row in found:
        key: AnyKey = prepared.instance(model, row)
        setattr(key, owner, prepared.instance(owners, row, f"{owner}__"))
        return key
    return None


def _peppers() -> list[str]:
    """The one in use, then those of before."""
    return [settings.API_KEY_PEPPER, *settings.API_KEY_PEPPER_FALLBACKS]


def _hash(text: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), text.encode("utf-8", "backslashreplace"), sha256).hexdigest()


def _hash_anew(key: Key, text: str) -> None:
    """Under the pepper in use, so that the one of before can be let go once every key was used."""
    type(key)._default_manager.filter(pk=key.pk).update(secret_hash=_hash(text, settings.API_KEY_PEPPER))


def _note_use(key: Key, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    if key.last_used_at is None or key.last_used_at < hour:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=hour)
        type(key)._default_manager.filter(unnoted, pk=key.pk).update(last_used_at=hour)
