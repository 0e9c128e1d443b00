"""Time as ticks, numbers as fractions: what the oracle counts with.

A set of ticks is one byte a tick, 255 or 0; a signal is one byte a tick too. Nothing here knows an SLA.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Ticks = bytes | bytearray
Span = tuple[int, int]  # microseconds since the epoch, or ticks

MICRO = 1_000_000
QUARTER_HOUR = 900 * MICRO  # clocks change, and days begin, on quarter hours of UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT_LEAST = [bytes(max(old, new) for old in range(256)) for new in range(256)]
NOT = bytes(255 - value for value in range(256))
LOST = bytes([0] + [255] * 255)


@cache
def zone_of(name: str) -> ZoneInfo:
    """A zone as the pinned tzdata package knows it, whatever the machine's own table says."""
    with (files("tzdata") / "zoneinfo" / name).open("rb") as table:
        return ZoneInfo.from_file(table, key=name)


def text(value: Fraction | int) -> str:
    return str(Fraction(value))


def ratio_text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def count_or_text(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)


def rounded(value: Fraction, mode: str) -> int:
    low = math.floor(value)
    rest = value - low
    if mode == "half_even":
        return low + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1))
    return {"floor": low, "ceil": math.ceil(value), "half_up": low + (rest >= Fraction(1, 2))}[mode]


def decimal_text(value: Fraction, decimals: int, mode: str) -> str:
    digits = str(rounded(value * 10**decimals, mode)).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def micros(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def instant(written: str) -> int:
    return micros(datetime.fromisoformat(written))


def utc(when: int) -> str:
    return (EPOCH + timedelta(microseconds=when)).isoformat().replace("+00:00", "Z")


def local(when: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(microseconds=when)).astimezone(zone)


def local_midnight(year: int, month: int, zone: ZoneInfo) -> int:
    """The first instant of a month; where midnight is skipped, the instant at which the clock jumps over it."""
    return micros(datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=zone))


def clock_blocks(start: int, end: int, step: int) -> Iterator[Span]:
    for block in range(start // step * step, end, step):
        yield max(block, start), min(block + step, end)


def days(start: int, end: int, zone: ZoneInfo) -> set[date]:
    """The local dates that [start, end) touches, one look a quarter of an hour."""
    return {local(a, zone).date() for a, _ in clock_blocks(start, end, QUARTER_HOUR)}


def both(a: Ticks, ticks: Ticks) -> bytes:
    """A signal or a set, only in a set of ticks."""
    if 0 not in ticks:
        return bytes(a)
    return (int.from_bytes(a, "little") & int.from_bytes(ticks, "little")).to_bytes(len(a), "little")


def either(a: Ticks, b: Ticks) -> bytes:
    """Two sets together, or two signals that never lose at once."""
    return (int.from_bytes(a, "little") | int.from_bytes(b, "little")).to_bytes(len(a), "little")


def outside(ticks: Ticks) -> bytes:
    return bytes(ticks).translate(NOT)


def without(a: Ticks, ticks: Ticks) -> bytes:
    return both(a, outside(ticks)) if 255 in ticks else bytes(a)


def lost(signal: Ticks) -> bytes:
    """Where a signal has any loss."""
    return bytes(signal).translate(LOST)


def runs(signal: Ticks) -> list[Span]:
    """The stretches, as [from, to) ticks, in which no byte is 0."""
    return [match.span() for match in re.finditer(rb"[^\x00]+", signal)]


def minutes(written: str) -> int:
    hours, _, rest = written.partition(":")
    return int(hours) * 60 + int(rest)


def passes(value: Fraction, op: str, limit: Fraction) -> bool:
    return value > limit if op == ">" else value >= limit
