"""What departments' people do: the audit record."""

from typing import Any

from django.db import models

from departments.models import AuditEvent, User


def record(action: str, *, by: User | None, subject: models.Model | None = None, **detail: Any) -> AuditEvent:
    """Adds an audit event; to be called inside the transaction of what it records. `detail` holds JSON values."""
    name = f"{subject._meta.label_lower}:{subject.pk}" if subject is not None else ""
    return AuditEvent.objects.create(actor=by, action=action, subject=name, detail=detail)
