"""What the HTTP API says of indicators, targets, attainments and figures."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ninja import Schema

from departments.api import ResponsibleOut
from departments.http_api.contract import Exact, Moment
from plans.api import MonthText
from plans.models import AbstractAssignment
from targets.models import Attainment, Indicator, Observation, Quota, Step, Target, TargetVersion
from targets.wording.completion import completion
from targets.wording.explanation import attainment_texts_of, explain_attainment, quota_of


class IndicatorOut(Schema):
    """What can be measured, and how its months and regions combine; `department` is the code of who reports it."""

    code: str
    name: str
    measure: str
    direction: str
    entry_basis: str
    time_rule: str
    denominator_rule: str | None
    region_rule: str
    frequency: str
    unit: str
    scale: Exact
    decimals: int
    minimum: Exact | None
    maximum: Exact | None
    usual_low: Exact | None
    usual_high: Exact | None
    numerator_name: str
    numerator_unit: str
    denominator_name: str
    denominator_unit: str
    definition: str
    source: str
    department: str | None

    @staticmethod
    def resolve_denominator_rule(indicator: Indicator) -> str | None:
        return indicator.denominator_rule or None

    @staticmethod
    def resolve_department(indicator: Indicator) -> str | None:
        return indicator.department.code if indicator.department else None


class StepOut(Schema):
    """What a target must have reached by an earlier date than its own."""

    due: date
    threshold: Exact


class QuotaOut(Schema):
    """A region's own threshold of a target, from a month on until its next version; `source` is the paper that issued
    it. Without a threshold the region owes nothing from that month on."""

    region: str
    threshold: Exact | None
    from_month: MonthText
    source: str

    @staticmethod
    def resolve_region(quota: Quota) -> str:
        return quota.region.code


class RuleOut(Schema):
    """By what a target is judged; `operand` is a code."""

    comparator: str
    threshold_kind: str
    threshold: Exact | None
    threshold_upper: Exact | None
    operand: str | None
    operand_region: str | None
    tolerance: Exact | None
    baseline: Exact | None
    baseline_year: int | None
    due: date
    first_month: MonthText | None
    counting: str
    coverage: str
    steps: list[StepOut]
    firmness: str

    @staticmethod
    def resolve_operand(rule: Target | TargetVersion) -> str | None:
        return rule.operand.code if rule.operand else None

    @staticmethod
    def resolve_operand_region(rule: Target | TargetVersion) -> str | None:
        return rule.operand_region.code if rule.operand_region else None

    @staticmethod
    def resolve_steps(rule: Target | TargetVersion) -> list[Step]:
        return rule.all_steps


class VersionOut(RuleOut):
    """A rule that a target had before it was changed from `from_month` on; by which paper (`source`) and why. `number`
    is the `target_version` of attainments that were judged by it; the other fields are those of the target."""

    number: int
    from_month: MonthText
    source: str
    reason: str


class TargetOut(RuleOut):
    """A promise in numbers: `clause` is its clause's number, `indicator` and `operand` are codes.

    `threshold_kind` says what is compared with: constant (`threshold`), indicator (`operand`), elsewhere (the same
    indicator in `operand_region`, else in the region that the judged one is part of), baseline (`baseline` +
    `threshold`, which is then the change), baseline_share and last_year (`threshold` is the change in per cent) or
    nothing. A `baseline` that is not stored is the indicator's own figure of `baseline_year`. `tolerance` belongs to
    the comparator about; `aspiration` is a second number that decides nothing. `coverage` says which regions are
    judged: whole, parts, or quotas (those that have one); `counting`, whether figures are counted anew each year or
    over the whole plan; `first_month`, where the pace begins if not with the plan. `versions` are the rules that it had
    before, in the order in which they were changed.
    """

    code: str
    order: int
    name: str
    clause: str
    quote: str
    indicator: str
    aspiration: Exact | None
    baseline_source: str
    reference: Exact | None
    unit: str
    quotas: list[QuotaOut]
    headline: bool
    versions: list[VersionOut]
    departments: list[ResponsibleOut]

    @staticmethod
    def resolve_clause(target: Target) -> str:
        return target.clause.path

    @staticmethod
    def resolve_indicator(target: Target) -> str:
        return target.indicator.code

    @staticmethod
    def resolve_quotas(target: Target) -> list[Quota]:
        return list(target.quotas.all())

    @staticmethod
    def resolve_versions(target: Target) -> list[TargetVersion]:
        return target.all_versions

    @staticmethod
    def resolve_unit(target: Target) -> str:
        return target.indicator.unit

    @staticmethod
    def resolve_departments(target: Target) -> list[dict[str, str]]:
        return departments_with_roles(target.assignments.all())


class FreshnessOut(Schema):
    """The last month with approved data, and the expected months of which a part or all is missing."""

    last_month: MonthText | None
    missing: list[MonthText]


class AttainmentOut(Schema):
    """A target judged for a region as of a month.

    `threshold` is the number compared with; `shown` is how a page writes the actual; `explanation` is the sentence
    with which it can be checked; `revisions` are the ids of all figures used. `quota` is the region's own that was in
    force, and `completion` the actual as a share of it, by which regions with unequal quotas are ranked.
    """

    target: str
    region: str
    month: MonthText
    actual: Exact | None
    shown: str
    threshold: Exact | None
    verdict: str
    reason: str | None
    signal: str
    quota: QuotaOut | None
    completion: Exact | None
    progress: Exact | None
    time_progress: Exact
    needed: Exact | None
    needed_reachable: bool | None
    done_on: date | None
    freshness: FreshnessOut
    explanation: str
    revisions: list[int]
    target_version: int
    formula_version: int
    inputs_hash: str

    @staticmethod
    def resolve_target(attainment: Attainment) -> str:
        return attainment.target.code

    @staticmethod
    def resolve_region(attainment: Attainment) -> str:
        return attainment.region.code

    @staticmethod
    def resolve_shown(attainment: Attainment) -> str:
        return attainment_texts_of(attainment).actual

    @staticmethod
    def resolve_threshold(attainment: Attainment) -> Decimal | None:
        return attainment.compared

    @staticmethod
    def resolve_quota(attainment: Attainment) -> Quota | None:
        quota = quota_of(attainment)
        if quota is not None:
            quota.region = attainment.region
        return quota

    @staticmethod
    def resolve_completion(attainment: Attainment) -> Decimal | None:
        return completion(attainment) if quota_of(attainment) is not None else None

    @staticmethod
    def resolve_reason(attainment: Attainment) -> str | None:
        return attainment.reason or None

    @staticmethod
    def resolve_freshness(attainment: Attainment) -> dict[str, object]:
        return {"last_month": attainment.last_data_month, "missing": attainment.missing_months}

    @staticmethod
    def resolve_explanation(attainment: Attainment) -> str:
        return explain_attainment(attainment)


class ObservationOut(Schema):
    """An official figure with the revision that gave it: a value, or numerator and denominator of a ratio.

    `official_by` says whether a colleague approved it (review) or the plan office imported it (import); `authors` are
    the names of all who typed one of its numbers, or who imported it.
    """

    indicator: str
    region: str
    month: MonthText
    value: Exact | None
    numerator: Exact | None
    denominator: Exact | None
    occurred_on: date | None
    revision: int
    official_at: Moment
    official_by: str
    authors: list[str]
    demonstration: bool

    @staticmethod
    def resolve_indicator(observation: Observation) -> str:
        return observation.indicator.code

    @staticmethod
    def resolve_region(observation: Observation) -> str:
        return observation.region.code

    @staticmethod
    def resolve_revision(observation: Observation) -> int | None:
        return observation.official_id

    @staticmethod
    def resolve_official_at(observation: Observation) -> object:
        return observation.official and observation.official.official_at

    @staticmethod
    def resolve_official_by(observation: Observation) -> object:
        return observation.official and observation.official.official_by

    @staticmethod
    def resolve_authors(observation: Observation) -> list[str]:
        return [str(person) for person in observation.official.all_authors] if observation.official else []

    @staticmethod
    def resolve_demonstration(observation: Observation) -> object:
        return observation.official and observation.official.source.demonstration


def departments_with_roles(assignments: Iterable[AbstractAssignment]) -> list[dict[str, str]]:
    """The departments that answer for a promise, with their roles."""
    return [{"code": assignment.department.code, "role": assignment.role} for assignment in assignments]
