"""The way of a notice of supervision as a document, drawn from the table of steps."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import override

from departments.models import Membership
from tasks.models import SupervisionNotice, SupervisionStep
from tasks.rules.supervising import ENDED, TRANSITIONS, SupervisionState, SupervisionVerb, Transition, roles_for

PATH = settings.BASE_DIR / "docs" / "supervision.md"
HEAD = """# 督办流程 · The way of a supervision notice

由 `manage.py draw_supervision` 根据 `tasks/rules/supervising.py` 中的流转表生成，请勿手工修改。
Drawn by `manage.py draw_supervision` from the table in `tasks/rules/supervising.py`; not to be edited by hand.
"""


def draw_supervision_diagram() -> str:
    """The whole file: the diagram (Mermaid) and the table, in Chinese."""
    with override("zh-hans"):
        parts = [HEAD, "```mermaid", *_diagram(), "```", "", *_table()]
    return "\n".join(parts) + "\n"


def _diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    for state in SupervisionState:
        yield f'    state "{_state(state)}" as {state}'
    for (before, verb), transition in TRANSITIONS.items():
        yield f"    {before or '[*]'} --> {transition.to} : {_verb(verb)}（{_who(verb, transition)}）"
    for state in ENDED:
        yield f"    {state} --> [*]"


def _table() -> Iterator[str]:
    yield "| 原状态 | 操作 | 新状态 | 由谁 | 条件 |"
    yield "|---|---|---|---|---|"
    for (before, verb), transition in TRANSITIONS.items():
        row = [
            _state(before) if before else "—",
            _verb(verb),
            _state(transition.to),
            _who(verb, transition),
            _guards(transition),
        ]
        yield f"| {' | '.join(row)} |"


def _state(state: SupervisionState) -> str:
    return str(SupervisionNotice.StateChoices(state.value).label)


def _verb(verb: SupervisionVerb) -> str:
    return str(SupervisionStep.VerbChoices(verb.value).label)


def _who(verb: SupervisionVerb, transition: Transition) -> str:
    names = [str(Membership.RoleChoices(role.value).label) for role in roles_for(verb)]
    by_rule = ["系统"] if transition.action is None or verb is SupervisionVerb.PROPOSE else []
    return "、".join([*by_rule, *names])


def _guards(transition: Transition) -> str:
    guards = ["须写明内容或理由"] * transition.needs_text + ["不得由反馈人本人办理"] * transition.needs_other
    return "；".join(guards) or "—"
