"""What every piece of a text means: names, periods, bases, units, numbers of papers, or nothing that matters (pure).

Nothing is passed over because it is not known: `left` holds what is left when all that is known has been taken out.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from imports.files.cells import canonical_name
from imports.vocabulary.harmless import KINDS, MONTH_ALONE, NOT_YET, OTHER_FIGURES, SINCE_JANUARY, longest_first
from imports.vocabulary.names import KnownNames
from imports.vocabulary.units import canonical_unit
from imports.vocabulary.values import Period, period_in
from imports.vocabulary.wording import LABEL_OF_PAPER
from targets.entry_rules.numbers import normalise_typed_text

LONGEST_TEXT, LONGEST_PIECE = 400, 40
GONE = "\0"
"""What stands where a piece was taken out, so that its neighbours do not grow into a word."""

_PERSON = re.compile(rf"{LABEL_OF_PAPER}(?:[:_].{{0,40}})?")
_LABELLED_UNIT = re.compile(r"(?:计量|数量)?单位(?::|为|是|\()([^\s,;:()。]{1,12})\)?")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]{1,12})[)\]]")
_PAPER = re.compile(
    r"[一-龥]{0,8}[(\[〔]\d{4}[)\]〕]\d{1,4}号|《[^《》]{1,60}》|第\d{1,4}号|附[件表]?\d{1,2}|表\d{1,2}(?:-\d{1,2})?"
)
_ORDINAL = r"[一二三四五六七八九十]{1,3}"
_LIST_SIGN = re.compile(rf"^(?:{_ORDINAL}、|\({_ORDINAL}\)|\d{{1,2}}[、.](?!\d)|第{_ORDINAL}(?:部分|类))")
_NOTE_SIGN = re.compile(r"^[*※(]?(?:备?注|说明|填表说明|填报说明)\d*[):.、]*")
_NUMERAL = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九元正])"
_YEAR = r"(?:(?P<year>(?:19|2\d)\d\d)年度?)?"
_ISO_MONTH = r"(?P<iso>(?:19|2\d)\d\d)[-/.](?P<iso_month>\d{1,2})"
_END = r"月(?:份|底|末)?"
_RANGE = re.compile(
    rf"{_YEAR}(?P<start>{_NUMERAL})月?份?(?:[-~—–至到.]+)(?:(?:19|2\d)\d\d年)?(?P<end>{_NUMERAL}){_END}"
)
_SINCE = re.compile(rf"{_YEAR}年初(?:至|到|-)(?P<end>{_NUMERAL}){_END}")
_DAY = re.compile(
    rf"(?P<until>截[至止][到至]?)?(?:{_YEAR}(?P<end>{_NUMERAL})月\d{{1,2}}[日号]"
    rf"|{_ISO_MONTH}[-/.]\d{{1,2}}(?!\d))"
)
_MONTH = re.compile(rf"{_YEAR}(?P<end>{_NUMERAL}){_END}(?!\d)")
_SPAN = re.compile(_YEAR + r"(?P<words>第?[一二三四1-4]季度|上半年|前三季度|全年)末?")
_ISO = re.compile(rf"(?<!\d)(?:{_ISO_MONTH}|(?P<packed_year>(?:19|2\d)\d\d)(?P<packed>0[1-9]|1[0-2]))(?![\d.%])")
_YEAR_ALONE = re.compile(r"(?<!\d)((?:19|2\d)\d\d)年度?")
_NOTHING = re.compile(r"[\W_]+")
_MONTHS = {
    "正": 1,
    "元": 1,
    "十": 10,
    "十一": 11,
    "十二": 12,
    **{sign: at for at, sign in enumerate("一二三四五六七八九", 1)},
}
JANUARY, DECEMBER = 1, 12


@dataclass(frozen=True, slots=True)
class TextAccount:
    """What a text says, piece by piece.

    `left` are the pieces that are not understood, `others` those that say that the figures are of another kind,
    `not_yet` those that say that they are planned or guessed; `since_january` and `month_alone` tell whether a word
    says what the figures count.
    """

    indicators: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    years: tuple[int, ...] = ()
    units: tuple[str, ...] = ()
    month_alone: bool = False
    since_january: bool = False
    not_yet: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class TextReader:
    """Accounts for texts with the names that are known; each text once."""

    def __init__(self, known: KnownNames, kinds: Mapping[str, str] = KINDS) -> None:
        self.known, self._words = known, longest_first(kinds)
        self._kept: dict[str, TextAccount] = {}

    def account(self, text: str) -> TextAccount:
        """What each piece of the text means."""
        if text not in self._kept:
            self._kept[text] = _Account(text, self.known, self._words).found()
        return self._kept[text]


class _Account:
    """One text on its way: what was understood is taken out of `rest`."""

    def __init__(self, text: str, known: KnownNames, words: Sequence[tuple[str, str]]) -> None:
        # Spaces part the number of a paper from what follows it; everywhere else they mean nothing.
        self.rest = canonical_name(_PAPER.sub(GONE, normalise_typed_text(text)))
        self._known, self._list = known, words
        self._periods: list[Period] = []
        self._years: list[int] = []
        self._units: list[str] = []
        self._until = False

    def found(self) -> TextAccount:
        """All pieces, the longest and clearest first."""
        if len(self.rest) > LONGEST_TEXT:
            return TextAccount(left=(self.rest[:LONGEST_PIECE],))
        if (whole := period_in(self.rest)) is not None:
            return TextAccount(periods=(whole,), years=(whole.year,) if whole.year else ())
        if _PERSON.fullmatch(self.rest) and not self._unit_of_label():
            return TextAccount()
        indicators, self.rest = self._known.indicators.take_names(self.rest, GONE)
        self._take(_LABELLED_UNIT, self._unit)
        self._take(_BRACKETED, self._unit)
        for pattern, note in _PERIODS:
            self._take(pattern, partial(note, self))
        regions, self.rest = self._known.regions.take_names(self.rest, GONE)
        _departments, self.rest = self._known.departments.take_names(self.rest, GONE)
        self.rest = _NOTE_SIGN.sub(GONE, _LIST_SIGN.sub(GONE, self.rest))
        words = self._take_words()
        return TextAccount(
            tuple(entity.code for entity in indicators),
            tuple(entity.code for entity in regions),
            tuple(dict.fromkeys(self._periods)),
            tuple(dict.fromkeys(self._years)),
            tuple(dict.fromkeys(self._units)),
            bool(words[MONTH_ALONE]),
            bool(words[SINCE_JANUARY]) or self._until,
            tuple(words[NOT_YET]),
            tuple(words[OTHER_FIGURES]),
            tuple(piece for part in self.rest.split(GONE) for piece in _NOTHING.split(part) if piece),
        )

    def _unit_of_label(self) -> bool:
        found = _LABELLED_UNIT.fullmatch(self.rest)
        return found is not None and canonical_unit(found[1]) is not None

    def _take(self, pattern: re.Pattern[str], note: Callable[[re.Match[str]], object]) -> None:
        """Takes out whatever the pattern finds and `note` does not refuse by answering False."""
        self.rest = pattern.sub(lambda found: found[0] if note(found) is False else GONE, self.rest)

    def _take_words(self) -> dict[str, list[str]]:
        """Takes out all words that are known, longer ones first whatever they mean: 行动计划 is no 计划."""
        found: dict[str, list[str]] = defaultdict(list)
        for word, kind in self._list:
            if word in self.rest:
                found[kind].append(word)
                self.rest = self.rest.replace(word, GONE)
        return found

    def _unit(self, found: re.Match[str]) -> object:
        units = [found[1]] if canonical_unit(found[1]) else found[1].split("、")
        if None in map(canonical_unit, units):
            return False
        self._units += units
        return None

    # --- Periods ------------------------------------------------------------------------------------------------------

    def _period(self, year: str | None, number: int, span: int = 1) -> object:
        if not JANUARY <= number <= DECEMBER or not 1 <= span <= number:
            return False
        self._periods.append(Period(int(year) if year else None, number, span))
        if year:
            self._years.append(int(year))
        return None

    def range(self, found: re.Match[str]) -> object:
        """From January to a month: a running total. Other ranges stay, and are asked about."""
        first, last = _month(found["start"]), _month(found["end"])
        return self._period(found["year"], last, last) if first == JANUARY and last > JANUARY else False

    def since(self, found: re.Match[str]) -> object:
        """From the beginning of the year to a month."""
        last = _month(found["end"])
        return self._period(found["year"], last, last)

    def month(self, found: re.Match[str]) -> object:
        """One month, with or without its year."""
        return self._period(found["year"], _month(found["end"]))

    def day(self, found: re.Match[str]) -> object:
        """The day until which was counted; any other day is one of the paper."""
        if not found["until"]:
            return None
        self._until = True
        return self._period(found["iso"], int(found["iso_month"])) if found["iso"] else self.month(found)

    def iso(self, found: re.Match[str]) -> object:
        """2014-03, 2014.3, 201403."""
        return self._period(found["iso"] or found["packed_year"], int(found["iso_month"] or found["packed"]))

    def span(self, found: re.Match[str]) -> object:
        """A quarter, half a year, the whole year."""
        period = period_in(found["words"])
        return False if period is None else self._period(found["year"], period.number, period.span)

    def year(self, found: re.Match[str]) -> object:
        """A year alone."""
        self._years.append(int(found[1]))
        return None


_PERIODS: tuple[tuple[re.Pattern[str], Callable[[_Account, re.Match[str]], object]], ...] = (
    (_SINCE, _Account.since),
    (_DAY, _Account.day),
    (_RANGE, _Account.range),
    (_MONTH, _Account.month),
    (_SPAN, _Account.span),
    (_ISO, _Account.iso),
    (_YEAR_ALONE, _Account.year),
)


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS[text]
