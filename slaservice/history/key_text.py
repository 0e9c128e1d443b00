"""What keys look like, for whoever has to keep them out of somewhere. How they are made and found: keys.py."""

import re

ANY_KEY = re.compile(r"sl[ap]_[0-9A-Za-z]{8}_")
"""What looks like a key of ours, wherever it stands."""

_WHOLE = re.compile(r"(sl[ap]_[0-9A-Za-z]{8}_)[0-9A-Za-z_-]+")


def masked(text: str) -> str:
    """The text with no key in it: of each only the beginning that names it."""
    return _WHOLE.sub(r"\1…", text)
