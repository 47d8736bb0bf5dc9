"""What departments have said about files of a form, and whose word counts for whose files."""

from collections.abc import Iterable

from departments.models import Department, User
from departments.permissions import Action, Role, scope_of
from imports.models import RememberedMapping
from imports.tables.mappings import Mapping
from imports.vocabulary.strict import HostileError


class Memory:
    """Answers what was said about a form; `found` is where the answer came from."""

    def __init__(self, user: User) -> None:
        self._departments = departments_of(user)
        self.found: RememberedMapping | None = None

    def recall(self, shape: str) -> Mapping | None:
        """What the person's departments have said about files of this shape, the last word if there are several."""
        kept = RememberedMapping.objects.filter(department__in=self._departments, shape=shape)
        for one in kept.order_by("-at"):
            if (mapping := mapping_of(one.mapping)) is not None:
                self.found = one
                return mapping
        return None


def mapping_of(data: object) -> Mapping | None:
    """A stored mapping; None if there is none, or one that is written like none of ours."""
    try:
        return Mapping.from_json(data)
    except HostileError:
        return None


def departments_of(user: User) -> list[Department]:
    """The departments in which the person imports, the first one first."""
    held: Iterable[Department] = (
        one.department for one in user.held if scope_of(Action.IMPORT_OBSERVATIONS, Role(one.role)) is not None
    )
    return sorted(set(held), key=lambda one: one.code)
