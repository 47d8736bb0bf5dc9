"""Units of measure as tables write them, and whether two of them would make one number two figures (pure)."""

from imports.files.cells import canonical_name

_COUNTERS = frozenset(
    [
        *"个户家人名张件起辆台套座所处项次批例条宗栋幢间份只头株棵床村镇组期场篇册部",
        *("人次", "批次", "企业"),
    ]
)
_MEASURES = frozenset(
    [
        *"元吨克升亩米度天日分秒tgm",
        *("公斤", "千克", "毫克", "立方米", "立方", "平方米", "平方公里", "平方千米", "公顷", "公里", "千米", "千瓦"),
        *(
            "千瓦时",
            "小时",
            "分钟",
            "kg",
            "mg",
            "l",
            "m2",
            "m3",
            "km",
            "km2",
            "ha",
            "kw",
            "kwh",
            "db",
            "db(a)",
            "mm",
            "cm",
        ),
    ]
)
_SHARES = {
    "%": "%",
    "百分比": "%",
    "百分之": "%",
    "‰": "‰",
    "千分比": "‰",
    "百分点": "百分点",
    "个百分点": "百分点",
    "倍": "倍",
}
_CONCENTRATIONS = {
    "微克/立方米": "μg/m3",
    "ug/m3": "μg/m3",
    "微克每立方米": "μg/m3",
    "毫克/立方米": "mg/m3",
    "毫克每立方米": "mg/m3",
    "毫克/升": "mg/l",
    "微克/升": "μg/l",
    "ug/l": "μg/l",
}
_FACTORS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_KNOWN = _COUNTERS | _MEASURES | frozenset(_SHARES.values()) | {"μg/m3", "mg/m3", "mg/l", "μg/l"}
_SQUARES = str.maketrans({"²": "2", "³": "3", "µ": "μ"})


def canonical_unit(text: str) -> tuple[int, str] | None:
    """Factor and unit: 万户 is (10 000, 户), µg/m³ is (1, μg/m3); None for what is no unit that is known."""
    written = canonical_name(text).translate(_SQUARES)
    written = _SHARES.get(written) or _CONCENTRATIONS.get(written) or written
    if written in _KNOWN:
        return 1, written
    for sign, factor in _FACTORS.items():
        rest = written.removeprefix(sign)
        if rest != written and (rest in _KNOWN or not rest):
            return factor, rest
    return None


def units_differ(written: str, unit: str) -> bool:
    """Whether a number counted in `written` is another figure than the same number counted in `unit`.

    Words by which whole things are counted (个, 家, 户 …) stand for one another, as people use them; their multiples
    do not: 万户 for 户 would make the figure 10 000 times too small. A unit that is not known differs from all others.
    """
    if not canonical_name(written) or canonical_name(written) == canonical_name(unit):
        return False
    found, right = canonical_unit(written), canonical_unit(unit)
    if found is None or right is None or found[0] != right[0]:
        return True
    return found[1] != right[1] and not {found[1], right[1]} <= _COUNTERS
