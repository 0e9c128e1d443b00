"""Reads the process environment for settings.py, and only for it.

Every value may come from `NAME` or from the file that `NAME_FILE` names (how Docker and systemd hand over
secrets). What is required and missing is gathered, so that one failed start names everything.
"""

import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.FileAwareEnv):
    """`FileAwareEnv` that knows required names and kept local secrets."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The value without white space at its edges; `\\n` is a line break. A leading `$` means nothing special."""
        return (self.ENVIRON.get(name) or default).strip().replace("\\n", "\n")

    def required(self, name: str) -> str:
        """The value; where there is none, "" for now, and `refuse_if_incomplete` names it."""
        value = self.text(name)
        if not value:
            self.missing.append(name)
        return value

    def refuse_if_incomplete(self) -> None:
        if self.missing:
            names = ", ".join(self.missing)
            raise ImproperlyConfigured(
                f"Missing in the environment: {names}. Set each, or NAME_FILE to a file that holds it."
            )


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
