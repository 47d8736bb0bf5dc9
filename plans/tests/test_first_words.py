"""A clause without a heading is called by its first words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.first_words import LONGEST, first_words, width


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("完成危旧房改造4081户。", "1", "完成危旧房改造4081户"),
        ("2.新增养老机构床位5000张，完成危旧房改造4081户。", "二(二)2", "新增养老机构床位5000张…"),
        ("(三)推进质量共治。落实责任。", "二(三)", "推进质量共治"),
        ("（三）推进质量共治", "二(三)", "推进质量共治"),
        ("三、保障措施\n(一)考核", "三", "保障措施"),
        ("12\t城乡危旧房治理改造\t完成4081户\t住建局", "12", "城乡危旧房治理改造"),
        ("12个批次的产品抽检合格", "12", "12个批次的产品抽检合格"),
        ("2.5公里河道整治", "2", "2.5公里河道整治"),
        ("第三条 加强监管", "第三条", "加强监管"),
        ("\n\n  加强监管\n再说", "1", "加强监管"),
        ("PM2.5平均浓度比2015年下降15%以上", "1", "PM2.5平均浓度比2015年下降15%以上"),
        ("贯彻落实《质量发展纲要、行动计划及其实施方案》和省政府要求", "1", "贯彻落实《质量发展纲要、行动计划及其实…"),
        ("推进水、电、气、路、网等各项基础设施向农村地区全面延伸", "1", "推进水、电、气、路、网等各项基础设施向…"),
        ("推进水、电、气、路、网、污水处理、垃圾处理等各项设施建设", "1", "推进水、电、气、路、网、污水处理…"),
        ("改造管网1,200公里并新建雨污分流管网六百公里以上", "1", "改造管网1,200公里并新建雨污分流管网六百…"),
        ("Rebuild 4 081 dilapidated houses in all towns by June", "1", "Rebuild 4 081 dilapidated houses in all…"),
        ("", "1", ""),
    ],
)
def test_the_words_end_where_one_would_pause(text: str, number: str, words: str) -> None:
    assert first_words(text, number) == words


TEXTS = st.text(alphabet="一二三质量提升合格率，、。（）《》 .1234\t\n", max_size=120)


@given(TEXTS, st.sampled_from(["一", "二(二)2", "(三)", ""]))
def test_the_words_stand_in_the_text_and_fit(text: str, number: str) -> None:
    words = first_words(text, number)
    assert words.removesuffix("…") in text
    assert width(words) <= LONGEST + 2
