"""Reads the process environment for settings.py, and only for it.

Every value may come from `NAME` or from the file that `NAME_FILE` names (how Docker and systemd hand over
secrets). What is missing or wrong is gathered, so that one failed start names everything.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
D = TypeVar("D")


class Environment(environ.FileAwareEnv):
    """`FileAwareEnv` that knows required names and kept local secrets."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: list[str] = []
        self.wrong: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The value without white space at its edges; `\\n` is a line break. A leading `$` means nothing special."""
        return (self.ENVIRON.get(name) or default).strip().replace("\\n", "\n")

    def required(self, name: str) -> str:
        """The value; where there is none, "" for now, and `refuse_if_incomplete` names it."""
        value = self.text(name)
        if not value:
            self.missing.append(name)
        return value

    def checked(self, name: str, read: Callable[[str], T], default: D) -> T | D:
        """What `read` makes of the value, `default` where there is none; a ValueError's reason is kept under the name."""
        value = self.text(name)
        try:
            return read(value) if value else default
        except ValueError as error:
            self.wrong.append(f"{name}: {error}.")
            return default

    def refuse_if_incomplete(self) -> None:
        """ImproperlyConfigured that names all that is missing, and all that is wrong with its reason."""
        told = []
        if self.missing:
            names = ", ".join(self.missing)
            told.append(
                f"Missing in the environment: {names}. Set each, or NAME_FILE to a file that holds it."
            )
        if self.wrong:
            told.append(f"Wrong in the environment: {' '.join(self.wrong)}")
        if told:
            raise ImproperlyConfigured(" ".join(told))


def kept_secret(path: Path) -> str:
    """A random secret, made on first use and kept in `path` for its owner only. For a local installation."""
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    own = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(own, path)  # the first of several processes wins, and none reads half a secret
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_text()
