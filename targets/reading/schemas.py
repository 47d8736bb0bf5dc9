"""What the HTTP API says of indicators, targets, attainments and figures."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ninja import Field, Schema

from departments.api import ResponsibleOut
from departments.http_api.contract import Exact, Moment
from plans.api import MonthText
from plans.models import AbstractAssignment
from targets.models import Attainment, Indicator, Observation, Quota, Step, Target, TargetVersion
from targets.wording.completion import completion
from targets.wording.explanation import attainment_texts_of, explain_attainment, quota_of


class IndicatorOut(Schema):
    """What can be measured, and how its months and regions combine; `department` is the code of who reports it."""

    code: str = Field(description="Its code, by which everything else names it.")
    name: str = Field(description="What is measured.")
    measure: str = Field(description="level (a reading), count, ratio or event.")
    direction: str = Field(description="Which is better: higher or lower.")
    entry_basis: str = Field(
        description="What is entered: month (the month's own figure) or to_date (January up to it)."
    )
    time_rule: str = Field(description="How months combine: sum, last, mean, max or pooled.")
    denominator_rule: str | None = Field(
        description="How the denominators of months combine: sum or last; null for what is no ratio."
    )
    region_rule: str = Field(description="How a region's figure comes about: own, sum or pooled of its parts.")
    frequency: str = Field(description="monthly, quarterly, half_yearly or annual.")
    unit: str = Field(description="The unit of its figures; empty if it has none.")
    scale: Exact = Field(description="What a ratio is multiplied by: 100 for per cent, 1 for what is no ratio.")
    decimals: int = Field(description="How many digits behind the point pages show.")
    minimum: Exact | None = Field(description="The lowest possible value, in its unit; null if there is none.")
    maximum: Exact | None = Field(description="The highest possible value, in its unit; null if there is none.")
    usual_low: Exact | None = Field(description="What is lower looks odd and wants a note, in its unit.")
    usual_high: Exact | None = Field(description="What is higher looks odd and wants a note, in its unit.")
    numerator_name: str = Field(description="What a ratio's numerator counts.")
    numerator_unit: str = Field(description="The unit of the numerator.")
    denominator_name: str = Field(description="What a ratio's denominator counts.")
    denominator_unit: str = Field(description="The unit of the denominator.")
    definition: str = Field(description="How it is defined.")
    source: str = Field(description="Where its figures come from.")
    department: str | None = Field(description="The code of the department that reports it; null if each county does.")

    @staticmethod
    def resolve_denominator_rule(indicator: Indicator) -> str | None:
        return indicator.denominator_rule or None

    @staticmethod
    def resolve_department(indicator: Indicator) -> str | None:
        return indicator.department.code if indicator.department else None


class StepOut(Schema):
    """What a target must have reached by an earlier date than its own."""

    due: date = Field(description="The day by which it must have been reached.")
    threshold: Exact = Field(description="The number, in the indicator's unit.")


class QuotaOut(Schema):
    """A region's own threshold of a target, from a month on until its next version; `source` is the paper that issued
    it. Without a threshold the region owes nothing from that month on."""

    region: str = Field(description="The region's code of GB/T 2260.")
    threshold: Exact | None = Field(description="The number, in the indicator's unit; null if the region owes nothing.")
    from_month: MonthText = Field(description="The month from which it holds.")
    source: str = Field(description="The paper that issued it.")

    @staticmethod
    def resolve_region(quota: Quota) -> str:
        return quota.region.code


class RuleOut(Schema):
    """By what a target is judged; `operand` is a code."""

    comparator: str = Field(
        description="at_least, more_than, at_most, less_than, exactly, between, none, done_by, improves or about."
    )
    threshold_kind: str = Field(
        description="What is compared with: constant, indicator, elsewhere, baseline, baseline_share, last_year or "
        "nothing."
    )
    threshold: Exact | None = Field(
        description="The number, or a change, in the indicator's unit; of baseline_share and last_year in %."
    )
    threshold_upper: Exact | None = Field(description="The upper number of between, in the indicator's unit.")
    operand: str | None = Field(description="The code of the indicator that is compared with.")
    operand_region: str | None = Field(
        description="The code of the region that is compared with; null for the one that the judged one is part of."
    )
    tolerance: Exact | None = Field(
        description="How far from the threshold is still about it, in the indicator's unit."
    )
    baseline: Exact | None = Field(description="The figure from which a change is counted, in the indicator's unit.")
    baseline_year: int | None = Field(description="The year whose figure is the baseline.")
    due: date = Field(description="The day by which it must hold.")
    first_month: MonthText | None = Field(description="The month in which the pace begins; null for the plan's first.")
    counting: str = Field(description="year (figures are counted anew each year) or plan (over the whole plan).")
    coverage: str = Field(description="Which regions are judged: whole, parts or quotas.")
    steps: list[StepOut] = Field(description="What must have been reached earlier, by day.")
    firmness: str = Field(description="binding or aspirational.")

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

    number: int = Field(description="The target_version of attainments that it judged.")
    from_month: MonthText = Field(description="The month from which the next rule holds.")
    source: str = Field(description="The paper that changed it.")
    reason: str = Field(description="Why it was changed.")


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

    code: str = Field(description="Its code within the plan.")
    order: int = Field(description="Its place in the plan, from 0 on.")
    name: str = Field(description="What pages call it.")
    clause: str = Field(description="The number of the clause that it stands in.")
    quote: str = Field(description="The plan's words, verbatim.")
    indicator: str = Field(description="The code of the indicator that it is about.")
    aspiration: Exact | None = Field(description="A second number that decides nothing, in the indicator's unit.")
    baseline_source: str = Field(description="Where the baseline stands.")
    reference: Exact | None = Field(description="What was reached before the plan, in the indicator's unit.")
    unit: str = Field(description="The indicator's unit.")
    quotas: list[QuotaOut] = Field(description="The thresholds of regions, in all versions.")
    headline: bool = Field(description="Whether it is one of the plan's main targets.")
    versions: list[VersionOut] = Field(description="The rules that it had before, in the order of their changes.")
    departments: list[ResponsibleOut] = Field(description="Who answers for it.")

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

    last_month: MonthText | None = Field(description="The last month with official figures; null if there is none.")
    missing: list[MonthText] = Field(description="The expected months of which a part or all is missing.")


class AttainmentOut(Schema):
    """A target judged for a region as of a month.

    `threshold` is the number compared with; `shown` is how a page writes the actual; `explanation` is the sentence
    with which it can be checked; `revisions` are the ids of all figures used. `quota` is the region's own that was in
    force, and `completion` the actual as a share of it, by which regions with unequal quotas are ranked.
    """

    target: str = Field(description="The target's code.")
    region: str = Field(description="The code of the region that is judged.")
    month: MonthText = Field(description="The month as of which it is judged.")
    actual: Exact | None = Field(description="The figure up to the month, in the indicator's unit; null without data.")
    shown: str = Field(description="How a page writes the figure, with its unit.")
    threshold: Exact | None = Field(description="The number that it is compared with, in the indicator's unit.")
    verdict: str = Field(description="met, not_met, no_data or not_assessable.")
    reason: str | None = Field(
        description="Why it cannot be judged: operand_missing, baseline_missing, denominator_zero, no_last_year or "
        "not_owed."
    )
    signal: str = Field(description="The light: green, yellow, red or grey.")
    quota: QuotaOut | None = Field(description="The region's own threshold that was in force.")
    completion: Exact | None = Field(description="The figure as a share of that quota, where 1 is all of it.")
    progress: Exact | None = Field(
        description="The share of a count's threshold that is reached, where 1 is all of it; may exceed 1."
    )
    time_progress: Exact = Field(description="The share of the months that have gone by, from 0 to 1.")
    needed: Exact | None = Field(
        description="What each month left must bring to a count, or the remaining samples to a rate, in the "
        "indicator's unit."
    )
    needed_reachable: bool | None = Field(description="Whether that can be reached at all.")
    done_on: date | None = Field(description="The day on which an event was done.")
    freshness: FreshnessOut = Field(description="How complete the figures are.")
    explanation: str = Field(description="The sentence by which it can be checked.")
    revisions: list[int] = Field(description="The ids of all entries used.")
    target_version: int = Field(description="The version of the target that judged it.")
    formula_version: int = Field(description="The version of the formulas that judged it.")
    inputs_hash: str = Field(description="SHA-256 of all inputs: the same inputs give the same hash.")

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

    indicator: str = Field(description="The indicator's code.")
    region: str = Field(description="The region's code of GB/T 2260.")
    month: MonthText = Field(description="The month that it is about.")
    value: Exact | None = Field(description="The figure, in the indicator's unit; null for a ratio.")
    numerator: Exact | None = Field(description="A ratio's numerator, in its own unit; null for anything else.")
    denominator: Exact | None = Field(description="A ratio's denominator, in its own unit; null for anything else.")
    occurred_on: date | None = Field(description="The day on which an event was done.")
    revision: int = Field(description="The id of the entry that gave it.")
    official_at: Moment = Field(description="When it became official.")
    official_by: str = Field(description="review (a colleague approved it) or import (the plan office imported it).")
    authors: list[str] = Field(description="The names of all who typed one of its numbers, or who imported it.")
    demonstration: bool = Field(description="Whether it is made up.")

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
