"""Makes the fonts in this folder from their sources: one command, the same bytes each time.

    python reports/pdf/fonts/build.py SOURCES

The statement must look the same on every machine and in ten years, so its fonts ship with the package, as static TrueType
files that need no decompression, and no larger than they have to be. Inter sets nearly everything; the others are there
for names and titles in other scripts. SOURCES is a folder that holds, unpacked:

    Inter_400Regular.ttf  Inter_600SemiBold.ttf     npm @expo-google-fonts/inter 0.4.2 (Inter 4.001)
    NotoSansArabic_400Regular.ttf                   npm @expo-google-fonts/noto-sans-arabic 0.4.3
    NotoSansHebrew_400Regular.ttf                   npm @expo-google-fonts/noto-sans-hebrew 0.4.1
    NotoSansThai_400Regular.ttf                     npm @expo-google-fonts/noto-sans-thai 0.4.2
    NotoSansDevanagari_400Regular.ttf               npm @expo-google-fonts/noto-sans-devanagari 0.4.1
    NotoEmoji_400Regular.ttf                        npm @expo-google-fonts/noto-emoji 0.4.7 (one colour)
    DejaVuSans.ttf                                  Debian fonts-dejavu-core 2.37
    DroidSansFallback.ttf                           Debian fonts-droid-fallback 6.0.1r16 (not the -Full one: no Hangul)
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent

# Latin with its extensions, modifiers and combining marks, Greek, Cyrillic, punctuation to letterlike symbols and number
# forms, arrows, mathematical operators, technical signs, boxes and shapes, dingbats.
INTER = (
    (0x20, 0x7E),
    (0xA0, 0x52F),
    (0x1D00, 0x1DBF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x218F),
    (0x2190, 0x23FF),
    (0x2460, 0x27BF),
    (0x2900, 0x2BFF),
    (0x2C60, 0x2C7F),
    (0xA720, 0xA7FF),
)
# Every font keeps its own spaces and joiners: a space is set in the font of the word before it.
COMMON = {0x20, 0xA0, 0x200C, 0x200D, 0xFE0F}
# No calt: it turns "4x" and "->" into other signs.
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]
# Everyday characters of Chinese (both), Japanese and Korean are what these character sets hold.
EAST_ASIA = ("gb2312", "big5", "shift_jis", "euc_kr")


def characters_of(codec: str) -> set[int]:
    """The code points beyond Latin that a double-byte character set can write."""
    pairs = (bytes((high, low)) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    texts = (pair.decode(codec, "ignore") for pair in pairs)
    return {ord(text) for text in texts if len(text) == 1 and ord(text) >= 0x2E80}


def cut(source: Path, target: Path, wanted: set[int], features: list[str]) -> set[int]:
    """Write the part of a font that draws `wanted`, without hints, with a fixed date. Returns what it can draw."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(layout_features=features, hinting=False, notdef_outline=True)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG", "STAT", "FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=(wanted | COMMON) & set(font.getBestCmap()))
    cutter.subset(font)
    font.save(target)
    drawn = set(font.getBestCmap())
    print(f"{target.name:32} {target.stat().st_size:>9,} bytes  {len(drawn):>6,} characters")
    return drawn


def build(sources: Path) -> None:
    """Write every font of this folder; a character that an earlier font draws is left out of the later ones."""
    inter = {code for first, last in INTER for code in range(first, last + 1)}
    drawn = cut(sources / "Inter_400Regular.ttf", HERE / "Inter-Regular.ttf", inter, FEATURES)
    cut(sources / "Inter_600SemiBold.ttf", HERE / "Inter-SemiBold.ttf", inter, FEATURES)
    everything = set(range(0x20, 0x110000))
    for name in ("NotoSansArabic", "NotoSansHebrew", "NotoSansThai", "NotoSansDevanagari"):
        font = sources / f"{name}_400Regular.ttf"
        drawn |= cut(font, HERE / f"{name}-Regular.ttf", everything - drawn, ["*"])
    drawn |= cut(
        sources / "NotoEmoji_400Regular.ttf", HERE / "NotoEmoji-Regular.ttf", everything - drawn, ["*"]
    )
    drawn |= cut(sources / "DejaVuSans.ttf", HERE / "DejaVuSans-Rest.ttf", everything - drawn, ["*"])
    east = set().union(*map(characters_of, EAST_ASIA)) - drawn
    cut(sources / "DroidSansFallback.ttf", HERE / "DroidSansFallback-Cut.ttf", east, ["*"])


if __name__ == "__main__":
    build(Path(sys.argv[1]))
