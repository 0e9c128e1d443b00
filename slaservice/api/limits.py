"""How often a caller may call: an exact count in a window of a minute, kept in Redis for all processes together.

Without Redis there is one process, and the count is its own. A Redis that does not answer must not end the API: then calls are
let through uncounted, and it is asked again after a pause.

Keys that are not valid, and all that stand in an address, count against the address that sends them. Once it has sent too
many, no key opens anything from there until its minute is over: whoever guesses does not learn that a guess was right.
"""

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from math import ceil
from threading import Lock
from typing import Any, NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

WINDOW = 60
"""Seconds. It begins with a caller's first call."""

_PATIENCE = 0.2
"""Seconds that a call waits for Redis at most."""

_PAUSE = 5
"""Seconds until a Redis that did not answer is asked again."""

_COUNT = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {used, redis.call('PTTL', KEYS[1]), tonumber(redis.call('GET', KEYS[2]) or 0), redis.call('PTTL', KEYS[2])}
"""


class Counted(NamedTuple):
    """How often something was counted in its window, this time included, and for how many seconds the window goes on."""

    times: int
    seconds: float


Counter = Callable[[str, str], tuple[Counted, Counted] | None]
"""Counts the first name once more and looks at the second; None: nobody knows."""


class Allowance(NamedTuple):
    """What is left of `limit` calls, for how many seconds, and whether this call is still within it."""

    limit: int
    left: int
    seconds: int
    admitted: bool

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers-10 has them."""
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW}',
            "RateLimit": f'"minute";r={self.left};t={self.seconds}',
        }


def call(caller: str, address: str) -> Allowance | None:
    """Takes one call from what `caller` may make. None: there is no limit, or nobody can count."""
    if not settings.API_RATE_LIMIT:
        return None
    counted = _counter(settings.REDIS_URL)(caller, _failures_of(address))
    if counted is None:
        return None
    calls, failures = counted
    if failures.times > settings.API_FAILED_KEYS_LIMIT:
        return _allowance(failures, settings.API_FAILED_KEYS_LIMIT)
    return _allowance(calls, settings.API_RATE_LIMIT)


def failure(address: str) -> Allowance | None:
    """Takes one from the keys that are not valid which `address` may send."""
    if not settings.API_RATE_LIMIT:
        return None
    counted = _counter(settings.REDIS_URL)(_failures_of(address), _failures_of(address))
    return counted and _allowance(counted[0], settings.API_FAILED_KEYS_LIMIT)


def _failures_of(address: str) -> str:
    return f"failures:{address}"


def _allowance(counted: Counted, limit: int) -> Allowance:
    left = limit - counted.times
    return Allowance(limit, max(left, 0), max(ceil(counted.seconds), 1), left >= 0)


class InProcess:
    """The count of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    def __call__(self, counted: str, watched: str) -> tuple[Counted, Counted]:
        now = time.monotonic()
        with self._lock:
            if len(self._windows) > 10_000:
                self._windows = {name: one for name, one in self._windows.items() if one[1] > now}
            times, ends = self._window(counted, now)
            self._windows[counted] = times + 1, ends
            return Counted(times + 1, ends - now), self._counted(watched, now)

    def _window(self, name: str, now: float) -> tuple[int, float]:
        times, ends = self._windows.get(name, (0, now))
        return (times, ends) if ends > now else (0, now + WINDOW)

    def _counted(self, name: str, now: float) -> Counted:
        times, ends = self._window(name, now)
        return Counted(times, ends - now)


class InRedis:
    """The count of every process, in one atomic step of the server."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self._count: Callable[..., Any] = self._client.register_script(_COUNT)
        self._asked_again_at = 0.0
        self._answers = True

    def __call__(self, counted: str, watched: str) -> tuple[Counted, Counted] | None:
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            told = self._count(keys=[f"api:{counted}", f"api:{watched}"], args=[WINDOW])
        except redis.RedisError as fault:
            self._asked_again_at = time.monotonic() + _PAUSE
            if self._answers:
                log.error("Redis does not count calls, so they are let through: %s", type(fault).__name__)
            self._answers = False
            return None
        if not self._answers:
            log.warning("Redis counts calls again.")
        self._answers = True
        return Counted(told[0], told[1] / 1000), Counted(told[2], told[3] / 1000)


@lru_cache
def _counter(url: str) -> Counter:
    return InRedis(url) if url else InProcess()
