"""By which words a clause without a heading is called (pure, imports no Django)."""

import re
import unicodedata

LONGEST = 40
"""Columns that the words may take: twenty Chinese characters, or forty letters."""

BEGINNING = 160
"""So many characters of a clause hold the words by which it is called."""

_SHORTEST = 8
"""Columns below which a beginning says too little; what ends within an enumeration needs half of all."""

_SENTENCE_ENDS = re.compile(r"[。；;！？!?\t]")
_PAUSE = re.compile(r"[，、：（(]|[,:](?!\d)|(?<!\d)\s|\s(?!\d)")
_OPENING, _CLOSING = "“‘《〈（(「『【[", "”’》〉）)」』】]"


def first_words(text: str, number: str) -> str:
    """The beginning of the text without the clause's own number: its first sentence, or as much of it as fits, cut
    where one would pause.

    >>> first_words("2.新增养老机构床位5000张，完成危旧房改造4081户。", "二(二)2")
    '新增养老机构床位5000张…'
    """
    line = next((line for line in map(str.strip, text.splitlines()) if line), "")
    sentence = _SENTENCE_ENDS.split(_without_number(line, number), maxsplit=1)[0].strip()
    return sentence if width(sentence) <= LONGEST else f"{_cut(sentence)}…"


def width(text: str) -> int:
    """The columns that a text takes: two for each Chinese character."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _without_number(line: str, number: str) -> str:
    """二(二)2 begins "2." or "2、", 二(二) begins "(二)"; a quantity that looks like the number stays."""
    own = re.findall(r"[^()（）]+", number)[-1:]
    if not own:
        return line
    return re.sub(rf"^[（(]?{re.escape(own[0])}(?:[)）]|[、．。:：\s]|\.(?!\d))\s*", "", line)


def _cut(sentence: str) -> str:
    """The longest beginning that fits and ends at a pause outside brackets and quotation marks, else what fits."""
    fitting = next(end for end in range(len(sentence), 0, -1) if width(sentence[:end]) < LONGEST)
    pauses = [found.start() for found in _PAUSE.finditer(sentence, 0, fitting + 1)]
    good = [end for end in pauses if _says_enough(sentence[:end], sentence[end])]
    return sentence[: good[-1] if good else fitting].rstrip()


def _says_enough(words: str, pause: str) -> bool:
    return width(words) >= (LONGEST // 2 if pause == "、" else _SHORTEST) and not _is_open(words)


def _is_open(text: str) -> bool:
    """Whether a bracket or quotation mark is opened and not closed."""
    return sum(sign in _OPENING for sign in text) > sum(sign in _CLOSING for sign in text)
