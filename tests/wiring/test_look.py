"""How a vendor's statements look: what of it is taken, and that what cannot be printed ends the start with its reason."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFile, PngImagePlugin

from slaservice import look
from tests.wiring.test_start import PRODUCTION, start, value


def picture(path: Path, mode: str = "RGB", size: tuple[int, int] = (8, 4), **saving: Any) -> str:
    """The path of a picture, written there."""
    colour: Any = {"RGBA": (200, 0, 0, 0), "CMYK": (0, 255, 255, 0)}.get(mode, 0)
    Image.new(mode, size, colour).save(path, **saving)
    return str(path)


def read(content: bytes) -> Image.Image:
    found = Image.open(BytesIO(content), formats=("PNG",))
    found.load()
    return found


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "RGB"), ("a.png", "RGBA"), ("a.png", "P"), ("a.png", "LA"), ("a.png", "1"),
     ("a.jpg", "RGB"), ("a.jpg", "CMYK"), ("a.jpg", "L")],
)  # fmt: skip
def test_every_picture_becomes_plain_rgb(tmp_path: Path, name: str, mode: str) -> None:
    found = read(look.logo(picture(tmp_path / name, mode)))
    assert (found.format, found.mode, found.size) == ("PNG", "RGB", (8, 4))


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    content = look.logo(picture(tmp_path / "a.png", "RGBA"))
    assert read(content).getpixel((0, 0)) == (255, 255, 255)


def test_what_else_a_file_carries_is_gone(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "where it was taken")
    content = look.logo(picture(tmp_path / "a.png", pnginfo=notes, icc_profile=b"profile", dpi=(72, 72)))
    assert read(content).info == {}
    assert b"where it was taken" not in content


def test_a_picture_turned_by_its_camera_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read(look.logo(picture(tmp_path / "a.jpg", exif=exif))).size == (4, 8)


def test_a_picture_of_a_million_points_is_taken_and_one_row_more_is_not(tmp_path: Path) -> None:
    assert read(look.logo(picture(tmp_path / "a.png", "1", (1000, 1000)))).size == (1000, 1000)
    with pytest.raises(ValueError, match=r"has 1,001,000 pixels, and at most 1,000,000 are taken"):
        look.logo(picture(tmp_path / "b.png", "1", (1000, 1001)))


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = picture(tmp_path / "a.png", "1", (20_000, 20_000))
    with pytest.raises(ValueError, match=r"a\.png"):
        look.logo(bomb)


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\x89PNG\r\n\x1a\n",
        b"",
    ],
)
def test_what_is_no_png_and_no_jpeg_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "logo.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"logo\.png is no PNG or JPEG"):
        look.logo(str(tmp_path / "logo.png"))


@pytest.mark.parametrize("lenient", [False, True])
def test_a_picture_that_ends_in_the_middle_is_refused(
    tmp_path: Path, lenient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    whole = picture(tmp_path / "a.png", size=(300, 300))
    (tmp_path / "torn.png").write_bytes(Path(whole).read_bytes()[:-60])
    with pytest.raises(ValueError, match=r"torn\.png is no PNG or JPEG"):
        look.logo(str(tmp_path / "torn.png"))
    assert lenient == ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_grey_that_would_turn_white_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than 8 bits a channel"):
        look.logo(picture(tmp_path / "a.png", "I;16"))


def test_a_file_that_is_not_there_and_one_that_is_too_large_are_called_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.png cannot be read: No such file"):
        look.logo(str(tmp_path / "none.png"))
    (tmp_path / "large.png").write_bytes(b"x" * (look.MOST_BYTES + 1))
    with pytest.raises(ValueError, match="more than 5,000,000 bytes"):
        look.logo(str(tmp_path / "large.png"))


@pytest.mark.parametrize(
    ("colour", "contrast"),
    [
        ("#000000", 21),
        ("#ffffff", 1),
        ("#ff0000", 3.998),
        ("#0000ff", 8.59),
        ("#008000", 5.14),
        ("#767676", 4.54),
        ("#777777", 4.48),
    ],
)
def test_contrast_is_what_wcag_says(colour: str, contrast: float) -> None:
    assert look.contrast_with_white(colour) == pytest.approx(contrast, abs=0.01)


def test_a_colour_is_written_in_one_way() -> None:
    assert look.colour("#0B5FFF") == "#0b5fff"
    assert look.colour("#767676") == "#767676"


@pytest.mark.parametrize(
    "text", ["#777777", "#ff0000", "red", "#fff", "#0b5fff;", "#0b5fff\n", "#0b5ffg", "0b5fff"]
)
def test_a_colour_that_is_none_or_too_pale_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        look.colour(text)


def test_a_footer_has_two_lines_at_most() -> None:
    assert look.footer(" HRB 1234 \n\nVAT DE123456789 ") == "HRB 1234\nVAT DE123456789"
    with pytest.raises(ValueError, match="has 3 lines"):
        look.footer("a\nb\nc")
    with pytest.raises(ValueError, match="more than 110"):
        look.footer("x" * 111)


def test_a_wrong_look_ends_the_start_with_all_its_reasons(tmp_path: Path) -> None:
    wrong = {
        "VENDOR_LANGUAGE": "ja",
        "VENDOR_LOGO": str(tmp_path / "none.png"),
        "VENDOR_COLOUR": "#ffee00",
        "VENDOR_FOOTER": "a\\nb\\nc",
    }
    started = start(**PRODUCTION, **wrong)
    assert started.returncode != 0
    last = started.stderr.strip().splitlines()[-1]
    assert [f"{name}: " in last for name in wrong] == [True] * 4
    assert "VENDOR_LANGUAGE: 'ja' is none of en, de, fr." in last


def test_without_a_word_statements_are_english_and_plain() -> None:
    names = ("VENDOR_LANGUAGE", "VENDOR_LOGO", "VENDOR_COLOUR", "VENDOR_FOOTER")
    assert [value(name, **PRODUCTION) for name in names] == ["en", "b''", "", ""]


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    given = {
        **PRODUCTION,
        "VENDOR_LANGUAGE": "fr",
        "VENDOR_COLOUR": "#0B5FFF",
        "VENDOR_FOOTER": "HRB 1\\nVAT 2",
    }
    assert value("VENDOR_LANGUAGE", **given) == "fr"
    assert value("VENDOR_COLOUR", **given) == "#0b5fff"
    assert value("VENDOR_FOOTER", **given) == "HRB 1\nVAT 2"
    assert "PNG" in str(value("VENDOR_LOGO", **given, VENDOR_LOGO=picture(tmp_path / "a.png")))
