"""Idempotency-Key: a request that is repeated because its answer was lost is not done twice.

After draft-ietf-httpapi-idempotency-key-header. A key belongs to the person who sends it. The answer is stored in the
transaction that does what was asked; what was refused has changed nothing, is not stored, and may be sent again.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from typing import TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema, Status

from departments.http_api.authentication import person_of_api_request
from departments.http_api.bodies import raw_body
from departments.http_api.contract import Fault, RequestRefusedError
from departments.models import IdempotentAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replay"
KEPT = timedelta(hours=48)
"""How long an answer is kept at least; the draft leaves it to the service."""
LOT = 5000
_KEY = re.compile(r"[-_.:A-Za-z0-9]{1,128}")

PARAMETER: dict[str, object] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "pattern": f"^{_KEY.pattern}$"},
            "description": (
                "A name of your own for this request, such as a UUID. Sent again with the same body, it gets the first "
                f"answer again (marked `{REPLAYED}: true`) and nothing is done twice. Kept for 48 hours."
            ),
        }
    ]
}
"""For the description of an operation."""

Body = TypeVar("Body", bound=Schema)


def idempotent(operation: Callable[..., Status[Body]]) -> Callable[..., Status[Body] | HttpResponse]:
    """Makes an operation of the API, one that answers a Status with a Schema, honour the header."""

    @wraps(operation)
    def once(request: HttpRequest, *arguments: object, **named: object) -> Status[Body] | HttpResponse:
        key = read_idempotency_key(request)
        if key is None:
            return operation(request, *arguments, **named)
        with transaction.atomic():
            kept = _claimed(request, key)
            if kept.status:
                return _answered(kept, replayed=True)
            done = operation(request, *arguments, **named)
            return _answered(_stored(kept, done.status_code, done.value), replayed=False)

    return once


def read_idempotency_key(request: HttpRequest) -> str | None:
    """The key, with or without the quotation marks of the draft; RequestRefusedError (422) for a bad key."""
    written = request.headers.get(HEADER)
    if written is None:
        return None
    key = written.strip()
    key = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if _KEY.fullmatch(key) is None:
        message = _("A key has 1 to 128 letters, digits, dots, colons, hyphens or underscores, such as a UUID.")
        raise _refusal("idempotency_key_malformed", message)
    return key


def _claimed(request: HttpRequest, key: str) -> IdempotentAnswer:
    """The key's row: made now, or by the first request, for the end of which the database lets this request wait.

    RequestRefusedError (422) if the first request asked for something else.
    """
    user = person_of_api_request(request)
    asked = {"operation": f"{request.method} {request.path}"[:200], "digest": digest_of_request(request)}
    IdempotentAnswer.objects.bulk_create([IdempotentAnswer(user=user, key=key, **asked)], ignore_conflicts=True)
    kept = IdempotentAnswer.objects.select_for_update().get(user=user, key=key)
    if (kept.operation, kept.digest) != (asked["operation"], asked["digest"]):
        raise _refusal("idempotency_key_reused", _("This key was used for another request. Make a new one."))
    return kept


def digest_of_request(request: HttpRequest) -> str:
    """SHA-256 of what was sent. The parts of a form are taken by themselves: their boundary is another each time."""
    found = hashlib.sha256()
    if request.content_type != "multipart/form-data":
        found.update(raw_body(request))
        return found.hexdigest()
    for part in _parts(request):
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    for name, values in sorted(request.POST.lists()):
        yield from (text.encode() for text in (name, *map(str, values)))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield name.encode()
            yield _file_digest(file)


def _file_digest(file: UploadedFile) -> bytes:
    found = hashlib.sha256(str(file.name).encode())
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.digest()


def _stored(kept: IdempotentAnswer, status: int, answer: Schema) -> IdempotentAnswer:
    kept.status, kept.answer = status, answer.model_dump_json()
    kept.save(update_fields=["status", "answer"])
    return kept


def _answered(kept: IdempotentAnswer, *, replayed: bool) -> HttpResponse:
    headers = {REPLAYED: "true"} if replayed else {}
    return HttpResponse(
        kept.answer, status=kept.status, content_type="application/json; charset=utf-8", headers=headers
    )


def _refusal(code: str, message: str) -> RequestRefusedError:
    return RequestRefusedError(422, [Fault(column=HEADER, code=code, message=message)])


def forget_old_answers(lots: int) -> int:
    """Deletes answers that are old enough, at most so many lots of them: how many were deleted."""
    old = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    deleted = 0
    for _lot in range(lots):
        ids = list(old.values_list("pk", flat=True)[:LOT])
        deleted += IdempotentAnswer.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < LOT:
            break
    return deleted
