"""The words by which tables are known (pure, imports no Django): headings, totals, notes."""

import re

from imports.files.cells import canonical_name

HEADINGS = {
    "indicator": ("indicator", "指标"),
    "region": ("region", "地区"),
    "month": ("month", "月份"),
    "value": ("value", "数值"),
    "numerator": ("numerator", "分子"),
    "denominator": ("denominator", "分母"),
    "note": ("note", "说明"),
    "occurred_on": ("occurred_on", "日期"),
}
"""Column → how its heading is written in the file that we recommend."""

FORM = "填报要求"
"""A heading that only the forms have which we hand out: their rows that were left empty are not reported."""

_FURTHER = {
    "indicator": "指标名称 指标编码 指标代码 指标编号 考核指标 监测指标 指标项 项目 项目名称",
    "region": (
        "区域 县(市、区) 县(市,区) 县市区 县(市)区 区县 区(县) 市县 地区名称 地区代码 区划代码 行政区划 "
        "行政区划代码 所属地区"
    ),
    "month": "月度 月 时间 期间 报告期 统计月份 统计时间 数据月份 所属月份 所属期 年月 period 季度",
    "year": "年份 年度 年 year",
    "value": (
        "值 数量 数据 本月 本月数 本月值 当月 当月数 当月值 本期 本期数 本季 本季度 指标值 监测值 实际值 "
        "实际数 完成数 完成值 完成量 实际完成 本月完成 本月完成数 当月完成 当月完成数"
    ),
    "to_date": (
        "本年累计 本年累计数 本年累计值 累计 累计数 累计值 累计完成 累计完成数 年初至今 自年初累计 1至本月累计 to_date"
    ),
    "numerator": "分子数 合格数 合格批次 合格批次数 达标数 达标批次 合格量",
    "denominator": (
        "分母数 抽检数 抽检批次 抽检批次数 抽查数 抽查批次 监测数 监测批次 检测数 检测批次 检验批次 样本数"
    ),
    "rate": "合格率 达标率 比率 百分比 比例 合格率(%) 达标率(%)",
    "note": "备注 注 情况说明 原因说明 原因 remarks notes",
    "occurred_on": "完成日期 完成时间 发生日期 发生时间 通过日期 day",
    "department": ("department 责任单位 责任部门 填报单位 填报部门 牵头单位 主管部门 报送单位 报送部门 部门 报告单位"),
    "unit": "unit 单位 计量单位",
    "total": "合计 总计 小计 共计 total",
    "ignored": (
        "序号 编号 no no. 上年同期 上年同期数 去年同期 同期 上年 去年 上月 上期 同比 同比增长 同比增减 "
        "同比(%) 环比 环比增长 增减 变化 增减变化 增幅 增速 增长 排名 位次 名次 目标值 目标 目标数 "
        "年度目标 年度目标值 全年目标 计划数 年度计划 任务数 完成率 完成比例 进度 时序进度 序时进度 平均 "
        f"全市平均 已报 {FORM} 填报人 填表人 联系人 联系电话 电话 审核人 填报日期 填报时间"
    ),
}
"""Column → further headings, as bureaus write them. `rate` is the quotient of two others; `ignored` is no figure."""

MEANINGS = frozenset(HEADINGS) | frozenset(_FURTHER)
"""Everything that a column can mean, beside nothing ("") and something unknown ("unknown")."""

WORDS = {canonical_name(word): meaning for meaning, words in HEADINGS.items() for word in words}
WORDS |= {canonical_name(word): meaning for meaning, words in _FURTHER.items() for word in words.split()}

CODES = frozenset(map(canonical_name, ["指标编码", "指标代码", "指标编号", "地区代码", "区划代码", "行政区划代码"]))
"""Headings of codes: beside a column of names they decide."""

NAMES = ("indicator", "region", "month")
MEASURES = ("value", "to_date", "numerator", "denominator", "rate")
_TOTAL_WORDS = "|".join(re.escape(word) for word, meaning in WORDS.items() if meaning == "total")
_TOTAL = re.compile(rf"(?:全[省市县区]|本[省市县区])?(?:{_TOTAL_WORDS})数?(?:\([^()]{{1,6}}\))?:?")

PLAIN_SHEET_NAME = re.compile(r"[a-z_ ]*(?:工作表)?[-_ ]?\(?\d{0,2}\)?|[甲乙丙丁戊一二三四五六七八九十]{1,2}")
"""How a sheet is called that has no name of its own, in lower case."""

LABEL_OF_PAPER = (
    r"(?:填表|填报|制表|审核|复核|报送|统计|单位|联系|主要|分管|校对|编制|打印|上报|印发)"
    r"(?:人|单位|部门|负责人|领导|电话|日期|时间|盖章|意见)*(?:\([^()]{1,6}\))?"
)
"""Before whoever or whatever belongs to the paper and not to its figures: 填表人, 审核日期, 单位(盖章)."""

_NOTE = re.compile(
    rf"(?:[*※]|[(]?(?:备?注|说明|填表说明|填报说明|数据来源|资料来源|来源)\d*[)]?[:.、]|{LABEL_OF_PAPER}:)"
)
_SECTION = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]{1,3}(?:部分|类))"
)


def is_total(text: str) -> bool:
    """Whether a row with this name sums up others: 合计, 全市合计, 合计：, 合计（户）."""
    return _TOTAL.fullmatch(canonical_name(text)) is not None


def is_note(text: str) -> bool:
    """Whether a row that begins like this belongs under the table: 注：…, 填表人：…"""
    return _NOTE.match(canonical_name(text)) is not None or canonical_name(text) in {"注", "备注", "说明"}


def is_again(text: str) -> bool:
    """Whether a row of this text alone says that the table goes on: 续表, （续）, 续上表."""
    return re.fullmatch(r"\(?(?:接|续)?上?[表页]?续?[表页]?\d?\)?", canonical_name(text)) is not None and "续" in text


def is_section(text: str) -> bool:
    """Whether a row of this text alone divides the table: 一、产品质量"""
    return _SECTION.match(canonical_name(text)) is not None
