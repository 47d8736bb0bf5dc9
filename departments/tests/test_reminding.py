"""When one is reminded: on the days of the rule, once each, made up for when nobody could be told, and never more."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from departments.rules.reminding import Matter, NoticePart, ReminderRule, choose_matters

FIGURES = ReminderRule(before=(3, 1), after=(1,), every=7, apart=2)
TASKS = ReminderRule(before=(30, 7, 1), after=(1, 7), every=30, apart=5)
DEADLINE = date(2014, 7, 5)
DAYS = [DEADLINE + timedelta(days=number) for number in range(-40, 120)]

offsets = st.lists(st.integers(0, 40), max_size=4, unique=True).map(tuple)
rules = st.builds(
    ReminderRule,
    before=offsets,
    after=offsets.filter(bool),
    every=st.integers(1, 40),
    apart=st.integers(1, 9),
)
runs = st.sets(st.sampled_from(DAYS))


def reminded(rule: ReminderRule, days: list[date]) -> list[date]:
    """On which of the days on which the service runs somebody is reminded."""
    told: list[date] = []
    for today in days:
        if rule.is_due(DEADLINE, today, told[-1] if told else None):
            told.append(today)
    return told


def after(rule: ReminderRule, days: list[date] = DAYS) -> list[int]:
    return [(day - DEADLINE).days for day in reminded(rule, days)]


def test_figures_are_asked_for_3_days_and_1_day_before_the_day_after_then_weekly() -> None:
    assert after(FIGURES)[:7] == [-3, -1, 1, 8, 15, 22, 29]


def test_tasks_keep_five_days_between_reminders() -> None:
    """The day after the deadline is only two days after the last reminder: that one waits."""
    assert after(TASKS)[:6] == [-30, -7, -1, 4, 9, 39]


def test_a_missed_day_is_made_up_for_once() -> None:
    assert after(FIGURES, [DEADLINE + timedelta(days=number) for number in (-5, -2, 0, 5, 6, 8, 12)]) == [-2, 0, 5, 12]


def test_who_comes_late_is_reminded_once_and_not_for_every_day_that_passed() -> None:
    late = [DEADLINE + timedelta(days=number) for number in range(20, 31)]
    assert after(FIGURES, late) == [20, 27]


def test_nobody_is_reminded_before_the_first_day() -> None:
    assert not FIGURES.is_due(DEADLINE, DEADLINE - timedelta(days=4), None)
    assert FIGURES.first(DEADLINE) == DEADLINE - timedelta(days=3)
    assert ReminderRule(before=(), after=(1,), every=7).first(DEADLINE) == DEADLINE + timedelta(days=1)


@given(rules, runs)
def test_nobody_is_reminded_twice_a_day_or_closer_than_the_rule_says(rule: ReminderRule, days: set[date]) -> None:
    told = reminded(rule, sorted([*days, *days]))
    assert all((later - earlier).days >= rule.apart for earlier, later in pairwise(told))


@given(rules, runs)
def test_there_are_never_more_reminders_than_scheduled_days(rule: ReminderRule, days: set[date]) -> None:
    scheduled = {day for one in DAYS if (day := rule.latest(DEADLINE, one)) is not None}
    assert len(reminded(rule, sorted(days))) <= len(scheduled)


@given(rules, runs)
def test_no_reminder_is_lost_for_longer_than_the_rule_keeps_people_alone(rule: ReminderRule, days: set[date]) -> None:
    """Whenever the service runs, the scheduled day before was told of, or the one before that was too near."""
    ran = sorted(days)
    told = reminded(rule, ran)
    for today in ran:
        due = rule.latest(DEADLINE, today)
        said = [day for day in told if day <= today]
        if due is not None:
            assert said
            assert said[-1] >= due or (today - said[-1]).days < max(rule.apart, rule.every)


@given(rules, st.sampled_from(DAYS))
def test_the_latest_scheduled_day_is_one_of_the_rule(rule: ReminderRule, today: date) -> None:
    day = rule.latest(DEADLINE, today)
    if day is None:
        assert today < rule.first(DEADLINE)
        return
    passed = (day - DEADLINE).days
    assert day <= today
    last = max(rule.after)
    assert -passed in rule.before or passed in rule.after or (passed > last and (passed - last) % rule.every == 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"before": (-1,), "after": (1,), "every": 7},
        {"before": (), "after": (), "every": 7},
        {"before": (), "after": (1,), "every": 0},
        {"before": (), "after": (1,), "every": 7, "apart": 0},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no such rule"):
        ReminderRule(**wrong)


def matter(thing: str, deadline: date, rule: ReminderRule = FIGURES) -> Matter:
    return Matter(thing, deadline, rule, NoticePart("figures_due", {}, "/"))


def test_what_is_overdue_goes_along_so_that_one_message_a_week_is_enough() -> None:
    """May and June are missing: once they have been told of together they stay together."""
    may, june = matter("may", date(2014, 6, 5)), matter("june", DEADLINE)
    last: dict[str, date] = {"may": date(2014, 6, 27)}
    told = {}
    for today in (DEADLINE + timedelta(days=number) for number in range(1, 30)):
        found = choose_matters([may, june], last, today)
        if found:
            told[(today - DEADLINE).days] = {one.thing for one in found}
        last |= {one.thing: today for one in found}
    assert told == {number: {"may", "june"} for number in (1, 8, 15, 22, 29)}


def test_what_is_not_overdue_does_not_go_along() -> None:
    june, july = matter("june", DEADLINE), matter("july", DEADLINE + timedelta(days=30))
    assert choose_matters([june, july], {}, DEADLINE + timedelta(days=1)) == [june]


def test_nothing_due_means_nothing_is_said() -> None:
    assert (
        choose_matters([matter("june", DEADLINE)], {"june": DEADLINE + timedelta(days=1)}, DEADLINE + timedelta(days=5))
        == []
    )
