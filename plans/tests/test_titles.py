"""Plans beside each other are called by what tells them apart."""

import pytest

from plans.titles import Titled, short_titles

QUALITY = Titled("2014年温州市质量强市建设行动计划", "温州市")


@pytest.mark.parametrize(
    ("plans", "titles"),
    [
        ([], []),
        ([QUALITY], ["质量强市建设行动计划"]),
        ([QUALITY, Titled("温州市2014年大气污染防治计划", "温州市")], ["质量强市建设行动计划", "大气污染防治计划"]),
        (
            [QUALITY, Titled("2015年温州市质量强市建设行动计划", "温州市")],
            ["2014年质量强市建设行动计划", "2015年质量强市建设行动计划"],
        ),
        (
            [QUALITY, Titled("2014年瑞安市质量强市建设行动计划", "瑞安市")],
            ["2014年温州市质量强市建设行动计划", "2014年瑞安市质量强市建设行动计划"],
        ),
        ([Titled("《乐清市质量提升规划（2021—2025年）》", "乐清市")], ["质量提升规划（2021—2025年）"]),
        ([Titled("2014年", "温州市"), Titled("温州市", "温州市")], ["2014年", "温州市"]),
        ([Titled("Air 2014", ""), Titled("Air 2014", "")], ["Air 2014", "Air 2014"]),
    ],
)
def test_a_title_is_as_short_as_it_can_be(plans: list[Titled], titles: list[str]) -> None:
    assert list(short_titles(dict(enumerate(plans))).values()) == titles
