"""Anchors: what the end of the chain was, hour by hour, written outside the database, so that a cut end is noticed.

One file a month, one line of JSON an anchor. Keep a copy of the folder where whoever runs the database cannot write.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from slaservice.history.queries import latest_seal
from slaservice.history.verifying import Fault, Witness
from slaservice.store import sync_folder

_MOST_SEALS = 2**63 - 1


def anchor(*, now: datetime) -> Path | None:
    """Write down the latest seal, and return only when it is on the disk; None while nothing is sealed."""
    latest = latest_seal()
    if latest is None:
        return None
    at = now.astimezone(UTC)
    line = {"seq": latest.seq, "hash": latest.hash, "at": at.isoformat(timespec="seconds")}
    path = Path(settings.ANCHORS_DIR) / f"{at:%Y-%m}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    _append(path, json.dumps(line).encode())
    return path


def _append(path: Path, line: bytes) -> None:
    """One write, so that two at once do not mix; behind a line that a crash cut short it begins a new one."""
    new = not path.exists()
    with path.open("ab") as file:
        torn = file.tell() and path.read_bytes()[-1:] != b"\n"
        file.write((b"\n" if torn else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync_folder(path.parent)


def anchors(folder: Path) -> Iterator[Witness | Fault]:
    """Every anchor in a folder, oldest first; a line that is none, cut short by a crash or written by somebody, is a fault."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            yield _read(line) or Fault(None, f"{path}: line {number} is no anchor.")


def _read(line: bytes) -> Witness | None:
    try:
        said = json.loads(line)
        found = Witness(f"The anchor of {said['at']}", int(said["seq"]), str(said["hash"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return found if 0 < found.seq <= _MOST_SEALS else None
