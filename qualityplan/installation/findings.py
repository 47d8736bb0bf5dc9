"""What a check has found: it holds, it should be looked at, or it must be mended; in both languages."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What is to be done, with the sign that stands before the line."""

    HOLDS = "[OK]"
    LOOK = "[LOOK]"
    MEND = "[MEND]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    verdict: Verdict
    chinese: str
    english: str

    def __str__(self) -> str:
        # What a server says of a failure may have several lines.
        return " ".join(f"{self.verdict.value} {self.chinese} / {self.english}".split())


Check = Callable[[], Finding]


def holds(chinese: str, english: str) -> Finding:
    """All is well."""
    return Finding(Verdict.HOLDS, chinese, english)


def look(chinese: str, english: str) -> Finding:
    """It may be meant so."""
    return Finding(Verdict.LOOK, chinese, english)


def mend(chinese: str, english: str) -> Finding:
    """The service does not work, or is not safe, until it is mended."""
    return Finding(Verdict.MEND, chinese, english)


def find(check: Check) -> Finding:
    """What a check finds. One that fails itself is a finding as well: the others are run all the same."""
    try:
        return check()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return mend(
            f"检查项 {check.__name__} 无法完成：{said}", f"The check {check.__name__} could not be done: {said}"
        )
