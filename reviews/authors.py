"""Who typed what stands in an entry (pure, imports no Django).

An entry has parts: the numbers of a figure, or the texts and percentages of a report. A draft remembers who typed what
into which part; whoever typed what stands in the end is an author of the entry (domain.md, "How a figure becomes
official"). A part that stands as it stood in the entry handed in before keeps the authors it had there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

Parts = Mapping[str, str]
"""Part → what stands there, a number always in the same form. A part in which nothing stands is left out."""
Typists = dict[str, dict[str, list[int]]]
"""Part → what was typed there → the ids of all who typed it."""
REMEMBERED = 20
"""What was typed into a part of a draft and replaced again is remembered so many times back."""
ANY_WORDS = ""
"""In place of a text: authors of words add up, for a changed sentence leaves the others as somebody wrote them."""


def note_typists(
    known: Mapping[str, Mapping[str, list[int]]],
    before: Parts,
    now: Parts,
    handed_in: Parts,
    *,
    by: int,
    words: Collection[str] = (),
) -> Typists:
    """What is known of a draft in which somebody has saved `now` where `before` stood.

    Who saves a part as it was, or as it stands in the entry that was `handed_in` last, has typed nothing. `words` are
    the parts that are texts; the authors of a text are forgotten when it is emptied.
    """
    found = {part: dict(said) for part, said in known.items() if part in now or part not in words}
    for part, text in now.items():
        if text not in (before.get(part), handed_in.get(part)):
            said = found.setdefault(part, {})
            key = _key(part, text, words)
            said[key] = [*(author for author in said.pop(key, []) if author != by), by]
            found[part] = dict(list(said.items())[-REMEMBERED:])
    return found


def authors_of(
    known: Mapping[str, Mapping[str, list[int]]],
    now: Parts,
    handed_in: Parts,
    earlier: Mapping[str, Iterable[int]],
    *,
    saved_by: int,
    words: Collection[str] = (),
) -> dict[int, list[str]]:
    """The parts that each author typed of what stands `now`, by the author's id.

    `earlier` are the authors of the entry `handed_in` last, by part. A part of which nobody is known is that of whoever
    saved the draft last.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for part, text in now.items():
        key = _key(part, text, words)
        typed = list(known.get(part, {}).get(key, ()))
        if part in handed_in and _key(part, handed_in[part], words) == key:
            typed += earlier.get(part, ())
        for author in dict.fromkeys(typed or [saved_by]):
            found[author].append(part)
    return dict(found)


def foremost_author(authors: Mapping[int, list[str]], *preferred: int) -> int:
    """The author under whose name the entry goes: the first of the preferred ones who is an author, else anyone; the
    first of the preferred ones where nothing was typed."""
    return next((author for author in preferred if author in authors), next(iter(authors), preferred[0]))


def group_authors_by_part(authors: Iterable[tuple[int, Iterable[str]]]) -> dict[str, list[int]]:
    """Part → the ids of its authors."""
    found: dict[str, list[int]] = defaultdict(list)
    for author, parts in authors:
        for part in parts:
            found[part].append(author)
    return dict(found)


def _key(part: str, text: str, words: Collection[str]) -> str:
    return ANY_WORDS if part in words else text
