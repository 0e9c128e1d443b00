"""Texts that are compared whole with a file beside the tests.

After a change that is meant: WRITE_GOLDEN=1 writes the file anew, for git to show and for somebody to read.
"""

import os
from pathlib import Path


def same_as(name: str, text: str) -> None:
    """Fails unless the file holds exactly this text."""
    file = Path(__file__).parent / name
    if os.environ.get("WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
