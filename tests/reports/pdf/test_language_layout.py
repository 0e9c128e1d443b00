"""German and French are longer than English: still nothing is clipped, no heading left alone, no page half empty."""

import pytest

from tests.reports.pdf import boxes, kinds
from tests.reports.pdf.test_language import OTHERS, in_language


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_of_statement_is_laid_out_well_in_every_language(kind: str, code: str) -> None:
    pages = boxes.pages(in_language(kinds.KINDS[kind](), code))
    assert len(pages) <= len(boxes.of_kind(kind)) + 1
    for page in pages:
        for line in page.lines:
            assert line.right <= min(line.room, page.right) + 0.5, line.words
            assert line.bottom <= page.bottom + 0.5, line.words
    for page in pages[:-1]:
        assert not {"h1", "h2", "h3", "thead"} & set(page.lines[-1].tags), page.lines[-1].words
        assert page.filled > 0.7
    assert pages[-1].filled > 0.2
