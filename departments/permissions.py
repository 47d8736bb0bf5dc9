"""Which role may do what: the one table of permissions (pure, imports no Django).

Seeing rows and taking actions are two questions. This table answers the second; `access.visible_to` answers the first
from the same scopes.
"""

from enum import StrEnum


class Role(StrEnum):
    """A role is always held in a department (domain.md, "How a figure becomes official")."""

    REPORTER = "reporter"
    REVIEWER = "reviewer"
    COORDINATOR = "coordinator"
    LEADER = "leader"
    COUNTY = "county"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """Everything a person can ask of the system that is guarded."""

    VIEW_PLAN = "view_plan"
    VIEW_OBSERVATIONS = "view_observations"
    ENTER_OBSERVATIONS = "enter_observations"
    REVIEW_OBSERVATIONS = "review_observations"
    WITHDRAW_OBSERVATIONS = "withdraw_observations"
    IMPORT_OBSERVATIONS = "import_observations"
    IMPORT_OFFICIAL = "import_official"
    LOCK_MONTHS = "lock_months"
    SET_QUOTAS = "set_quotas"
    VIEW_SUPERVISION = "view_supervision"
    ISSUE_SUPERVISION = "issue_supervision"
    RECEIVE_SUPERVISION = "receive_supervision"
    ANSWER_SUPERVISION = "answer_supervision"
    VERIFY_SUPERVISION = "verify_supervision"
    CLOSE_SUPERVISION = "close_supervision"
    VIEW_COMMENTS = "view_comments"
    COMMENT = "comment"
    ANSWER_COMMENTS = "answer_comments"
    VIEW_SILENCE = "view_silence"
    ADMINISTER = "administer"
    MANAGE_PEOPLE = "manage_people"
    VIEW_TASK_REPORTS = "view_task_reports"
    REPORT_TASKS = "report_tasks"
    REVIEW_TASK_REPORTS = "review_task_reports"
    SPLIT_TASKS = "split_tasks"
    SIGN_OFF_TASKS = "sign_off_tasks"
    CLOSE_TASKS = "close_tasks"
    SHOW_SCREENS = "show_screens"
    VIEW_DATA_QUALITY = "view_data_quality"
    ASK_ABOUT_DATA = "ask_about_data"
    ANSWER_DATA_QUESTIONS = "answer_data_questions"
    VIEW_SYSTEM = "view_system"


class Scope(StrEnum):
    """How far a permission reaches: what the own department answers for, the own region's figures, the plans of exactly
    the own region (SEAT), all that belongs to the own region and to its parts (REALM).

    Two depend on where the role is held, because the government office looks after the whole region: OFFICE is the
    realm there and nothing elsewhere, OWN the realm there and the own department elsewhere.
    """

    DEPARTMENT = "department"
    REGION = "region"
    SEAT = "seat"
    REALM = "realm"
    OFFICE = "office"
    OWN = "own"

    def held_in(self, *, office: bool) -> "Scope | None":
        """What the scope comes to for a role held in the government office, or in any other department."""
        return {
            Scope.OFFICE: Scope.REALM if office else None,
            Scope.OWN: Scope.REALM if office else Scope.DEPARTMENT,
        }.get(self, self)


_R, _S = Role, Scope
_UNITS = {_R.REPORTER: _S.DEPARTMENT, _R.REVIEWER: _S.DEPARTMENT, _R.COUNTY: _S.REGION}
"""What a unit's people do for their own unit."""
_OFFICES = {_R.COORDINATOR: _S.REALM, _R.LEADER: _S.REALM}
"""What those see who look after a whole region: all of it and of its parts. They act for the region's own plans."""
PERMISSIONS: dict[Action, dict[Role, Scope]] = {
    Action.VIEW_PLAN: {
        _R.REPORTER: _S.DEPARTMENT,
        _R.REVIEWER: _S.DEPARTMENT,
        _R.COUNTY: _S.DEPARTMENT,
        **_OFFICES,
        _R.ADMINISTRATOR: _S.OWN,
    },
    Action.VIEW_OBSERVATIONS: {**_UNITS, **_OFFICES, _R.ADMINISTRATOR: _S.OWN},
    Action.ENTER_OBSERVATIONS: {_R.REPORTER: _S.DEPARTMENT, _R.COUNTY: _S.REGION, _R.COORDINATOR: _S.REALM},
    Action.REVIEW_OBSERVATIONS: {_R.REVIEWER: _S.DEPARTMENT},
    Action.WITHDRAW_OBSERVATIONS: {_R.REVIEWER: _S.DEPARTMENT, _R.COORDINATOR: _S.REALM},
    Action.IMPORT_OBSERVATIONS: {_R.REPORTER: _S.DEPARTMENT, _R.COUNTY: _S.REGION, _R.COORDINATOR: _S.REALM},
    Action.IMPORT_OFFICIAL: {_R.COORDINATOR: _S.REALM},
    Action.LOCK_MONTHS: {_R.COORDINATOR: _S.SEAT},
    Action.SET_QUOTAS: {_R.COORDINATOR: _S.SEAT},
    Action.VIEW_SUPERVISION: {**_UNITS, **_OFFICES},
    Action.ISSUE_SUPERVISION: {_R.COORDINATOR: _S.SEAT},
    Action.RECEIVE_SUPERVISION: _UNITS,
    Action.ANSWER_SUPERVISION: _UNITS,
    Action.VERIFY_SUPERVISION: {_R.COORDINATOR: _S.SEAT},
    Action.CLOSE_SUPERVISION: {_R.COORDINATOR: _S.SEAT},
    Action.VIEW_COMMENTS: {**_UNITS, **_OFFICES},
    Action.COMMENT: {_R.LEADER: _S.SEAT},
    Action.ANSWER_COMMENTS: _UNITS,
    Action.VIEW_SILENCE: {_R.REVIEWER: _S.DEPARTMENT, **_OFFICES},
    Action.ADMINISTER: {_R.ADMINISTRATOR: _S.OFFICE},
    Action.MANAGE_PEOPLE: {_R.ADMINISTRATOR: _S.OWN},
    Action.VIEW_TASK_REPORTS: {
        _R.REPORTER: _S.DEPARTMENT,
        _R.REVIEWER: _S.DEPARTMENT,
        _R.COUNTY: _S.DEPARTMENT,
        **_OFFICES,
        _R.ADMINISTRATOR: _S.OWN,
    },
    Action.REPORT_TASKS: {_R.REPORTER: _S.DEPARTMENT, _R.COUNTY: _S.DEPARTMENT},
    Action.REVIEW_TASK_REPORTS: {_R.REVIEWER: _S.DEPARTMENT},
    Action.SPLIT_TASKS: {_R.REPORTER: _S.DEPARTMENT, _R.REVIEWER: _S.DEPARTMENT, _R.COORDINATOR: _S.SEAT},
    Action.SIGN_OFF_TASKS: {_R.REVIEWER: _S.DEPARTMENT, _R.COORDINATOR: _S.SEAT},
    Action.CLOSE_TASKS: {_R.COORDINATOR: _S.SEAT, _R.LEADER: _S.SEAT},
    Action.SHOW_SCREENS: {_R.COORDINATOR: _S.SEAT, _R.ADMINISTRATOR: _S.OFFICE},
    Action.VIEW_DATA_QUALITY: {_R.COORDINATOR: _S.SEAT, _R.ADMINISTRATOR: _S.OFFICE},
    Action.ASK_ABOUT_DATA: {_R.COORDINATOR: _S.SEAT},
    Action.ANSWER_DATA_QUESTIONS: _UNITS,
    Action.VIEW_SYSTEM: {_R.ADMINISTRATOR: _S.OFFICE},
}
"""Action → role → how far; a role that is not named may not take the action at all."""

APPROVING = (
    Action.REVIEW_OBSERVATIONS,
    Action.IMPORT_OFFICIAL,
    Action.REVIEW_TASK_REPORTS,
    Action.SIGN_OFF_TASKS,
    Action.MANAGE_PEOPLE,
)
"""By which something becomes official that others have entered, or by which somebody gets to do so."""

_OWN_PEOPLE = frozenset({Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR})


def scope_of(action: Action, role: Role) -> Scope | None:
    """How far the role's permission for the action reaches; None where there is none."""
    return PERMISSIONS[action].get(role)


def approves(role: Role) -> bool:
    """Whether it takes two administrators to give the role to somebody new."""
    return any(role in PERMISSIONS[action] for action in APPROVING)


def grantable(*, everywhere: bool, county: bool) -> frozenset[Role]:
    """The roles that whoever manages people may give in a department: any from the government office (`everywhere`),
    those of its own daily work from a department itself. A county's officer works for a county government alone."""
    roles = frozenset(Role) if everywhere else _OWN_PEOPLE | {Role.COUNTY}
    return roles if county else roles - {Role.COUNTY}
