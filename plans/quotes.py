"""Where a quote and the text that should hold it part."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

AROUND = 10
"""How many characters are shown on either side of the place."""

LIKENESS = 0.4
"""The share of equal characters from which on a passage is taken for the one that was meant."""

SIGNS_OF_VALUE = "%‰"
"""Punctuation by Unicode's list, but a part of what is said."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first place where quote and text differ.

    `before` is what they still have in common, `quoted` how the quote goes on, `held` how the text does; both begin
    with the character that differs, and are empty where quote or text end. `form_only`: nothing differs but
    punctuation, full and half width, and white space.
    """

    before: str
    quoted: str
    held: str
    form_only: bool


def parting(quote: str, text: str) -> Parting | None:
    """Where the quote leaves the passage that resembles it most; None if the text holds the quote, or nothing like it.

    >>> parting("达到95％以上", "合格率达到95%以上。")
    Parting(before='达到95', quoted='％以上', held='%以上。', form_only=True)
    """
    if quote in text:
        return None
    alike = _same_but_for_form(quote, text)
    passage = alike if alike is not None else _most_alike(quote, text)
    return None if passage is None else _first_difference(quote, text, passage, form_only=alike is not None)


def _letters(text: str) -> Iterator[tuple[str, int]]:
    """The characters that carry the words, all in one width, each with its place in the text."""
    for place, written in enumerate(text):
        for letter in unicodedata.normalize("NFKC", written):
            is_sign = unicodedata.category(letter)[0] in "PZC"
            if letter in SIGNS_OF_VALUE or not is_sign:
                yield letter, place


def _same_but_for_form(quote: str, text: str) -> slice | None:
    """The passage with the same letters as the quote."""
    wanted, held = list(_letters(quote)), list(_letters(text))
    start = _joined(held).find(_joined(wanted)) if wanted else -1
    if start < 0:
        return None
    return slice(held[start][1], held[start + len(wanted) - 1][1] + 1)


def _joined(letters: Sequence[tuple[str, int]]) -> str:
    return "".join(letter for letter, _place in letters)


def _most_alike(quote: str, text: str) -> slice | None:
    """The passage around the longest words that quote and text share."""
    shared = SequenceMatcher(None, quote, text, autojunk=False).find_longest_match()
    start = max(0, shared.b - shared.a)
    passage = slice(start, start + len(quote))
    alike = SequenceMatcher(None, quote, text[passage], autojunk=False).ratio()
    return passage if shared.size > 1 and alike >= LIKENESS else None


def _first_difference(quote: str, text: str, passage: slice, *, form_only: bool) -> Parting:
    """The place where the two part, looked for from the beginning of the passage.

    The quote may begin a little before the passage does, with a sign that has no letter: the text is compared from
    there.
    """
    begun = max(0, passage.start - AROUND)
    steps = SequenceMatcher(None, quote, text[begun : passage.stop], autojunk=False).get_opcodes()
    here, there = next(_place(step) for step in steps if step[0] != "equal" and not _leads_in(step))
    # Of a letter that is doubled on one side the matcher may name the first, which still is the same.
    alike = _in_common(quote[here:], text[begun + there :])
    here, there = here + alike, begun + there + alike
    return Parting(
        before=quote[max(0, here - AROUND) : here],
        quoted=quote[here : here + AROUND],
        held=text[there : there + AROUND],
        form_only=form_only,
    )


Step = tuple[str, int, int, int, int]
"""What a SequenceMatcher does to get from the quote to the text: how, from and to in the quote, from and to there."""


def _leads_in(step: Step) -> bool:
    """Whether these are words of the text before the quote begins."""
    return step[0] == "insert" and step[1] == 0


def _place(step: Step) -> tuple[int, int]:
    """Where in quote and text the step begins; at the quote's beginning, what leads in does not count."""
    kind, here, here_end, there, there_end = step
    if kind == "replace" and here == 0:
        return here, max(there, there_end - here_end)
    return here, there


def _in_common(quoted: str, held: str) -> int:
    """With how many equal characters the two begin."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(quoted, held, strict=False))))
