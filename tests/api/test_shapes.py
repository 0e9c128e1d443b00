"""How what the API shows is written."""

from fractions import Fraction

import pytest

from slaservice.api.shapes import exact


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("5", "5"),
        ("0", "0"),
        ("999/10", "99.9"),
        ("1/8", "0.125"),
        ("1/50", "0.02"),
        ("-31346531/1000", "-31346.531"),
        ("719/720", "719/720"),
        ("7/30", "7/30"),
        (Fraction(1, 10**12), "0.000000000001"),
    ],
)
def test_what_is_exact_is_a_decimal_where_it_ends(value: str | Fraction, written: str) -> None:
    assert exact(value) == written
