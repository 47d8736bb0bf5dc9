"""Words that change nothing about the figures beside them, and words that say what the figures are (pure).

The lists are read by people. Whatever a text holds that stands in none of them makes a question; of words that overlap
the longer one is meant.
"""

from collections.abc import Mapping

from imports.files.cells import canonical_name

HARMLESS, OTHER_FIGURES, NOT_YET, MONTH_ALONE, SINCE_JANUARY = "harmless", "other", "not_yet", "month", "since_january"
"""Kinds of words: may be passed over; makes figures of another kind of an indicator (its growth, its rank, those of
another time); says that nothing has happened, or been counted, yet; of the month alone; counted from January on."""

_WORDS = {
    HARMLESS: (
        # What a paper calls itself
        "进度 报表 月报表 月报 季报 年报 简报 通报 台账 清单 附件 附表 续表 表格 表 情况 统计 汇总 一览 明细 "
        "数据 指标 数字 监测 结果 调查 考核 评价 评估 检查 督查 测评 总体 主要 重点 有关 相关 各项 各类 各 全部 分地区 "
        "分县 分县区 分区域 分指标 按地区 按县区 "
        # What was done
        "完成量 完成 进展 实施 执行 落实 推进 开展 上报 报送 填报 报告 "
        # Whose paper it is
        "县(市、区) 县(市,区) 县(市)区 县市区 区县 各县 各地 地区 区域 单位 部门 责任单位 牵头单位 质量强市 质量强省 "
        "质量强县 质量强区 强市 建设 行动计划 行动方案 实施方案 工作方案 实施意见 工作 项目 事项 任务书 "
        # How it is to be read
        "见下表 如下 以下 以上 其中 其他 合计 总计 小计 共计 定稿 正式 公开 内部 资料 材料 来源 "
        "月份 季度 年度 月度 当期 本期 报告期 时间 期间 日期 的 及 和 与 等 在 由 对 为 是 数 值"
    ),
    OTHER_FIGURES: (
        "同比增长 同比增速 同比增减 同比 环比增长 环比 增长率 增长速度 增长 增速 增幅 增减 增加 减少 下降 降幅 变化 "
        "变动 波动 完成率 完成比例 达成率 时序进度 序时进度 占比 占全市比重 比重 比例 份额 贡献率 排名 排序 名次 位次 "
        "上年同期 去年同期 上年 去年 上月 上期 上季 基期 同期 平均 人均 户均 均值 最高 最低 剩余 未完成 尚未 未 缺口 "
        "差额 差距 不合格 不达标 新增 净增 减去 扣除 剔除 调整后 修正"
    ),
    NOT_YET: (
        "目标值 目标 指标值目标 任务数 任务 计划数 计划 安排 预计数 预计 预期 预测 估计 估算 预估 拟 测算 初步 快报 "
        "初稿 下月 下季 下年 明年 次月"
    ),
    MONTH_ALONE: "本月完成 本月 当月完成 当月 单月 本月份 当月份 本季 本季度 当季",
    SINCE_JANUARY: (
        "年初以来 年初至今 自年初 年初 累计完成 累计 本年累计 今年以来 本年以来 1至本月 1-本月 截至 截止到 截止至 截止 "
        "截至到 至今"
    ),
}

KINDS = {canonical_name(word): kind for kind, words in _WORDS.items() for word in words.split()}
"""Word → what it says."""


def longest_first(kinds: Mapping[str, str]) -> list[tuple[str, str]]:
    """The words with their kinds in the order in which they are to be looked for."""
    return sorted(kinds.items(), key=lambda pair: (-len(pair[0]), pair[0]))
