"""Numbers as people write them: understood exactly, or refused."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.entry_rules.numbers import NotANumberError, is_percentage_text, read_number

FULL_WIDTH = str.maketrans("0123456789.%+-,", "０１２３４５６７８９．％＋－，")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("92.5", "92.5"),
        ("９２．５％", "92.5"),
        ("92.5 %", "92.5"),
        ("1 243", "1243"),
        ("1,234,567.8", "1234567.8"),
        ("1.5万", "15000"),
        ("１．５ 万", "15000"),
        ("1,000万", "10000000"),
        ("－3", "-3"),
        ("−0.42", "-0.42"),
        ("+7", "7"),
        ("0", "0"),
        ("00", "0"),
    ],
)
def test_what_people_write_is_understood(text: str, number: str) -> None:
    assert read_number(text) == D(number)
    assert str(read_number(text)) in (number, text)


@pytest.mark.parametrize("text", ["", " ", "—", "——", "-", "/", "无", "／", "\u3000"])
def test_nothing_is_nothing_and_never_zero(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    "text",
    ["约92", "92.5.1", "1,23", "12,34", "1e5", "NaN", "Infinity", "92..5", "1.5万%", "九十二", "=1+1", "0x10", "万"],
)
def test_what_is_no_number_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(NotANumberError):
        read_number(text)


@given(st.decimals(min_value=-999_999_999, max_value=999_999_999, places=6), st.booleans(), st.booleans())
def test_every_number_survives_width_and_separators(number: D, wide: bool, separated: bool) -> None:
    text = f"{number:,f}" if separated else f"{number:f}"
    assert read_number(text.translate(FULL_WIDTH) if wide else text) == number


@given(st.text(max_size=20))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    try:
        read_number(text)
    except NotANumberError:
        assert text.strip()
    assert is_percentage_text(text) in (True, False)
