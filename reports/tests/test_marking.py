"""Quotations are marked in the running text, and not one character of it is lost or changed."""

from hypothesis import given
from hypothesis import strategies as st

from reports.board.marking import QuoteSpan, Segment, cut_into_segments, find_quote_span, find_search_spans

TEXTS = st.text(alphabet="目标达到92%以上。\n<&ab'\"", max_size=60)


@st.composite
def text_with_spans(draw: st.DrawFn) -> tuple[str, list[QuoteSpan]]:
    text = draw(TEXTS)
    edges = st.integers(-3, len(text) + 3)
    spans = draw(st.lists(st.builds(QuoteSpan, edges, edges, st.sampled_from("abcde")), max_size=8))
    return text, spans


@given(text_with_spans(), st.lists(st.integers(-5, 70), max_size=6))
def test_the_segments_joined_are_the_text(given_text: tuple[str, list[QuoteSpan]], cuts: list[int]) -> None:
    text, spans = given_text
    found = cut_into_segments(text, spans, cuts)
    assert "".join(one.text for one in found) == text
    assert [one.start for one in found] == [sum(map(len, (o.text for o in found[:i]))) for i in range(len(found))]
    assert all(one.text for one in found)


@given(text_with_spans())
def test_each_key_covers_exactly_its_spans(given_text: tuple[str, list[QuoteSpan]]) -> None:
    text, spans = given_text
    valid = [one for one in spans if 0 <= one.start < one.end <= len(text)]
    covered = {(one.key, index) for one in valid for index in range(one.start, one.end)}
    found = cut_into_segments(text, spans)
    marked = {(key, one.start + index) for one in found for key in one.keys for index in range(len(one.text))}
    assert marked == covered
    assert all(set(one.closing) <= set(one.keys) for one in found)
    assert {key for one in found for key in one.closing} == {one.key for one in valid}


@given(TEXTS, st.lists(TEXTS, max_size=5))
def test_quotes_that_stand_in_the_text_are_marked_word_for_word(text: str, quotes: list[str]) -> None:
    spans = {str(number): find_quote_span(text, quote, str(number)) for number, quote in enumerate(quotes)}
    found = cut_into_segments(text, filter(None, spans.values()))
    for key, quote in enumerate(quotes):
        marked = "".join(one.text for one in found if str(key) in one.keys)
        assert marked == (quote if quote in text else "")


@given(TEXTS, TEXTS)
def test_every_place_of_what_is_looked_for_is_found(text: str, wanted: str) -> None:
    found = find_search_spans(text, wanted, "q")
    assert len(found) == (text.lower().count(wanted.lower()) if wanted else 0)
    assert all(text[one.start : one.end].lower() == wanted.lower() for one in found)


def test_what_is_looked_for_is_no_pattern() -> None:
    assert find_search_spans("a.b axb", ".", "q") == [QuoteSpan(1, 2, "q")]


def test_nested_overlapping_and_equal_quotes_keep_their_marks() -> None:
    spans = [QuoteSpan(0, 6, "all"), QuoteSpan(1, 3, "a"), QuoteSpan(2, 5, "b"), QuoteSpan(1, 3, "c")]
    assert cut_into_segments("012345", spans) == [
        Segment(0, "0", ("all",), ()),
        Segment(1, "1", ("all", "a", "c"), ()),
        Segment(2, "2", ("all", "a", "b", "c"), ("a", "c")),
        Segment(3, "34", ("all", "b"), ("b",)),
        Segment(5, "5", ("all",), ("all",)),
    ]


def test_an_empty_text_has_no_segments() -> None:
    assert cut_into_segments("", [QuoteSpan(0, 0, "a")], [0]) == []
