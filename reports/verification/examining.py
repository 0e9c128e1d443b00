"""Reading a file that nobody knows, in a process of its own with little memory and little time.

A PDF may be damaged, encrypted, or made to unpack without end; whatever its readers do, it is this process that ends, and whoever
asked is told that it could not be examined.  `python -m reports.verification.examining < FILE` prints what it found as JSON.
"""

import contextlib
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Json = dict[str, Any]

MOST_BYTES = 50_000_000
"""Of a file that is read at all; ours have some hundred thousand."""

_MEMORY = 1_500_000_000
_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[2]
_MOST_LINES = 20


def examine(content: bytes) -> Json:
    """What `examined` finds, by a process with limits; `failed` says why there is nothing to tell."""
    if len(content) > MOST_BYTES:
        return {"failed": f"It is larger than {MOST_BYTES:,} bytes, and is not read."}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "reports.verification.examining"],
            input=content,
            cwd=_ROOT,
            env={name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
            capture_output=True,
            timeout=2 * _SECONDS,
            check=True,
        )
        return dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return {"failed": "Reading it took too long and was given up."}
    except (subprocess.CalledProcessError, ValueError):
        return {"failed": "Reading it took more memory or time than any file of ours, and was given up."}


def examined(content: bytes) -> Json:
    """`signature` and `figures`, as they stand in the file. Raises nothing."""
    return {"signature": signature_of(content), "figures": _figures(content)}


def signature_of(content: bytes) -> Json:
    """What signature.py reads; `unread` where it cannot, and whether it is `able` to read signatures at all."""
    if find_spec("pyhanko") is None:
        return {"unread": "pyHanko is not installed here: install the extra `signing`.", "able": False}
    from reports.verification import signature

    try:
        return signature.read(content)
    except Exception as problem:  # noqa: BLE001 - a parser on a damaged file raises what it likes
        return {"unread": _said(problem), "able": True}


def _figures(content: bytes) -> Json:
    """`digest`, `number` and `engine` of the document in the file, and what `python -m slaservice.rules check` says of it."""
    from reports.verification import annex
    from slaservice.rules.refusal import Refusal

    try:
        document = annex.document_in(content)
        return {**_named(document), **_checked(document)}
    except annex.NoDocument as problem:
        return {"none": str(problem)}
    except Refusal as problem:
        return {"none": f"The document in it is none of ours: {problem.sentence}"}
    except Exception as problem:  # noqa: BLE001 - as above
        return {"none": f"It cannot be read: {_said(problem)}"}


def _named(document: bytes) -> Json:
    from reports.verification.annex import NoDocument
    from slaservice.rules.documents import digest_of, load

    read = load(document)
    identity = read.get("identity") if isinstance(read, dict) else None
    if not isinstance(identity, dict) or not isinstance(read.get("cases"), list):
        raise NoDocument("The document in it is no statement's.")
    engine = str(identity.get("engine"))[:40]
    return {
        "digest": digest_of(document, engine=engine),
        "sha256": hashlib.sha256(document).hexdigest(),
        "number": str(identity.get("number"))[:60],
        "engine": engine,
    }


def _checked(document: bytes) -> Json:
    """What anybody's `python -m slaservice.rules check` says: whether all is as expected, and its lines."""
    from slaservice.rules.__main__ import main

    said, usual = io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(
        io.BytesIO(document)
    )  # no file, that a process which is ended would leave behind
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main(["check", "-"])
    finally:
        sys.stdin = usual
    lines = [line.removeprefix("-: ") for line in said.getvalue().splitlines()]
    return {"right": code == 0, "lines": lines[-_MOST_LINES:]}


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0][:200]


def _limited() -> None:
    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # a system that has no such limit
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _limited()
    print(json.dumps(examined(sys.stdin.buffer.read())))
