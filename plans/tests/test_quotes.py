"""Where a quote and its clause part: the place, and whether it is a matter of words at all."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from plans.quotes import Parting, parting
from plans.wording import where_they_part

CLAUSE = "一、工作目标\n主要工业产品质量监督抽查合格率达到92%以上，主要农产品合格率达到97%以上。"


def place(quote: str, text: str = CLAUSE) -> Parting:
    found = parting(quote, text)
    assert found is not None
    return found


def test_another_number_is_shown_with_the_words_on_both_sides() -> None:
    assert place("工业产品质量监督抽查合格率达到93%以上，主要") == Parting(
        before="监督抽查合格率达到9", quoted="3%以上，主要", held="2%以上，主要农产品", form_only=False
    )


def test_a_left_out_word_is_shown_where_the_clause_goes_on_with_it() -> None:
    found = place("主要工业产品监督抽查合格率")
    assert (found.before, found.quoted[:2], found.held[:2]) == ("主要工业产品", "监督", "质量")


def test_an_added_word_is_shown_where_the_quote_goes_on_with_it() -> None:
    found = place("主要农产品抽检合格率达到97%以上")
    assert (found.before, found.quoted[:2], found.held[:2]) == ("主要农产品", "抽检", "合格")


def test_another_first_word_is_shown_at_the_quotes_beginning() -> None:
    found = place("重要农产品合格率达到97%")
    assert (found.before, found.quoted[:1], found.held[:1]) == ("", "重", "主")


def test_the_first_of_two_differences_is_shown() -> None:
    assert place("工业产品质量监督抽查合格率达到93%以上，主要农产品合格率达到98%以上").quoted.startswith("3%")


def test_words_behind_the_clauses_end_are_shown_against_nothing() -> None:
    found = place("达到97%以上。并逐年提高")
    assert (found.before, found.quoted, found.held) == ("达到97%以上。", "并逐年提高", "")


@pytest.mark.parametrize(
    "quote",
    [
        "达到92％以上",
        "达到９２%以上",
        "达到 92%以上",
        "工作目标 主要工业产品",
        "92%以上,主要农产品",
        "达到92%以上主要农产品",
        "“主要农产品”合格率",
        "一.工作目标",
        "达到97%以上.",
    ],
)
def test_punctuation_width_and_white_space_are_told_from_other_words(quote: str) -> None:
    assert place(quote).form_only


@pytest.mark.parametrize("quote", ["达到93％以上", "达到92以上", "合格率达到92%以下"])
def test_what_changes_the_promise_is_not_a_matter_of_form(quote: str) -> None:
    assert not place(quote).form_only


@pytest.mark.parametrize("quote", ["", "与此无关的另一句话", "x"])
def test_a_quote_that_resembles_nothing_parts_nowhere(quote: str) -> None:
    assert parting(quote, CLAUSE) is None


def test_a_quote_that_stands_in_the_clause_parts_nowhere() -> None:
    assert parting("合格率达到92%以上", CLAUSE) is None


@given(st.text("甲乙丙丁，。 9", min_size=1, max_size=30), st.text("甲乙丙丁，。、 9", max_size=60))
def test_the_place_that_is_shown_stands_in_both_and_differs_there(quote: str, text: str) -> None:
    found = parting(quote, text)
    if found is not None:
        assert found.before + found.quoted in quote
        assert found.held in text
        assert found.quoted[:1] != found.held[:1]


@pytest.mark.parametrize(
    ("quote", "english", "chinese"),
    [
        (
            "合格率达到93%",
            'After "…合格率达到9" the quote goes on "3%", the clause "2%以上，主要农产品".',
            "在“…合格率达到9”之后，引文为“3%”，条款为“2%以上，主要农产品”。",
        ),
        (
            "重要农产品合格率",
            'The quote begins "重要农产品合格率", where the clause has "主要农产品合格率达到".',
            "引文开头为“重要农产品合格率”，条款相应处为“主要农产品合格率达到”。",
        ),
    ],
)
def test_both_languages_say_where_they_part(quote: str, english: str, chinese: str) -> None:
    for language, said in (("en", english), ("zh-hans", chinese)):
        with override(language):
            assert where_they_part(quote, CLAUSE) == said


@pytest.mark.parametrize(
    ("quote", "english", "chinese"),
    [
        ("达到92％以上", 'here "％" (full width), there "%" (half width).', "引文为全角“％”，条款为半角“%”。"),
        ("达到 92%以上", "here a space, there nothing.", "引文为空格，条款为无。"),
        ("工作目标\u3000主要", "here a full-width space, there a line break.", "引文为全角空格，条款为换行。"),
        ("92%以上主要农", 'here nothing, there "，" (full width).', "引文为无，条款为全角“，”。"),
        ("达到97%以上", "", ""),
    ],
)
def test_both_languages_name_the_signs_that_differ(quote: str, english: str, chinese: str) -> None:
    for language, said in (("en", english), ("zh-hans", chinese)):
        with override(language):
            assert where_they_part(quote, CLAUSE).endswith(said)
            assert (where_they_part(quote, CLAUSE) == "") == (said == "")
