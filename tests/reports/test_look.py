"""How a vendor's papers look is frozen with each statement, and its logo kept for as long as the statement is."""

import hashlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reports import look, making, store
from reports.models import Statement
from slaservice.look import logo
from slaservice.rules.refusal import Refusal
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued
from tests.reports.pdf.reading import opened, text
from tests.wiring.test_look import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def looks(settings: Any, tmp_path: Path, documents_dir: Path) -> bytes:
    """A vendor with all of it; the logo."""
    settings.VENDOR_LOGO = logo(picture(tmp_path / "logo.png", size=(62, 13)))
    settings.VENDOR_COLOUR, settings.VENDOR_FOOTER = "#0b5fff", "HRB 12345"
    return bytes(settings.VENDOR_LOGO)


def vendor_of(statement: Statement) -> Any:
    return statement.document["identity"]["vendor"]


def test_a_vendor_without_looks_is_a_name_and_an_address() -> None:
    assert vendor_of(a_draft()).keys() == {"name", "address", "contact"}


def test_a_draft_carries_the_looks_of_its_day(looks: bytes) -> None:
    vendor = vendor_of(a_draft())
    assert (vendor["colour"], vendor["footer"]) == ("#0b5fff", "HRB 12345")
    assert vendor["logo"] == hashlib.sha256(looks).hexdigest()


def test_what_is_issued_keeps_its_looks_when_the_settings_change(looks: bytes, settings: Any) -> None:
    issued = an_issued(statement=a_missed_draft())
    before = making.render(issued)
    settings.VENDOR_LOGO, settings.VENDOR_COLOUR, settings.VENDOR_FOOTER = b"", "", "another"
    assert making.render(issued) == before
    assert "HRB 12345" in text(before)
    pdf = opened(before)
    streams = [one for one in pdf.objects if isinstance(one, pikepdf.Stream)]
    assert [one.Width for one in streams if one.get("/Subtype") == "/Image"] == [62]


def test_a_draft_is_not_kept_for_ever_and_an_issued_statements_logo_is(looks: bytes) -> None:
    draft = a_draft()
    sha256 = vendor_of(draft)["logo"]
    assert store.fetch(sha256, look.PNG) is None
    an_issued(statement=draft)
    assert store.fetch(sha256, look.PNG) == looks


def test_a_logo_that_is_gone_is_an_error_that_names_it(looks: bytes, settings: Any) -> None:
    issued = an_issued()
    sha256 = vendor_of(issued)["logo"]
    settings.VENDOR_LOGO = b""
    store.path_of(sha256, look.PNG).unlink()
    with pytest.raises(Refusal) as refused:
        making.make(statement=issued, now=CLOSED)
    assert refused.value.code == "logo_missing"
    assert sha256 in refused.value.sentence


def test_a_logo_that_was_changed_where_it_is_kept_is_refused(looks: bytes, settings: Any) -> None:
    issued = an_issued()
    settings.VENDOR_LOGO = b""
    store.path_of(vendor_of(issued)["logo"], look.PNG).write_bytes(looks + b" ")
    with pytest.raises(Refusal) as refused:
        making.make(statement=issued, now=CLOSED)
    assert refused.value.code == "document_damaged"


def test_a_draft_whose_looks_changed_is_looked_at_once_more_before_it_is_issued(
    looks: bytes, settings: Any
) -> None:
    draft = a_draft()
    settings.VENDOR_LOGO, settings.VENDOR_COLOUR = b"", "#000000"
    with pytest.raises(Refusal) as refused:
        an_issued(statement=draft)
    assert refused.value.code == "draft_changed"
    draft.refresh_from_db()
    vendor = vendor_of(an_issued(statement=draft))
    assert "logo" not in vendor
    assert vendor["colour"] == "#000000"
