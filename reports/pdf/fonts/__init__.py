"""The fonts that a statement is set in; they ship with the package, their licences beside them, made by `build.py`."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def files() -> dict[str, bytes]:
    """File name -> contents."""
    return {path.name: path.read_bytes() for path in sorted(_FOLDER.glob("*.ttf"))}


@lru_cache(maxsize=1)
def drawn() -> frozenset[int]:
    """Every code point that one of the fonts can draw."""
    return frozenset(
        code for data in files().values() for code in TTFont(BytesIO(data), lazy=True).getBestCmap()
    )
