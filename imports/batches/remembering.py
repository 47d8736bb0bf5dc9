"""What departments have said about files of a form, and whose corrections are used for whose files."""

from collections.abc import Iterable

from departments.models import Department, User
from departments.permissions import Action, Role, scope_of
from imports.models import RememberedMapping
from imports.tables.mappings import FileMapping
from imports.vocabulary.strict import HostileError


class MappingMemory:
    """Finds what was said about files of a form; `found` is the remembered mapping that the answer came from."""

    def __init__(self, user: User) -> None:
        self._departments = importing_departments_of(user)
        self.found: RememberedMapping | None = None

    def recall(self, shape: str) -> FileMapping | None:
        """What the person's departments have said last about files of this shape; None if they said nothing."""
        kept = RememberedMapping.objects.filter(department__in=self._departments, shape=shape)
        for remembered in kept.order_by("-at"):
            if (mapping := read_stored_mapping(remembered.mapping)) is not None:
                self.found = remembered
                return mapping
        return None


def read_stored_mapping(data: object) -> FileMapping | None:
    """A stored mapping; None if there is none, or if it is not written as we write mappings."""
    try:
        return FileMapping.from_json(data)
    except HostileError:
        return None


def importing_departments_of(user: User) -> list[Department]:
    """The departments in which the person imports, the first one first."""
    held: Iterable[Department] = (
        membership.department
        for membership in user.held
        if scope_of(Action.IMPORT_OBSERVATIONS, Role(membership.role)) is not None
    )
    return sorted(set(held), key=lambda department: department.code)
