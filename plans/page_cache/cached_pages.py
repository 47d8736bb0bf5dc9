"""Pages kept as they were made, for as long as nothing that they show has changed.

A page is put together from two kept pieces, each under a key made of everything that it depends on:

- what stands below the header: the address, the language, the day, the version of the plan's data, and how far the
  person reaches. People who reach equally far share it, so nothing in it may depend on who they are: it is made for
  `Anybody`. A page that shows the figures and lights of some indicators alone says which: those of others may change;
- the header: the person, the name, the roles, the unread notices, the plans to choose from.

A change makes a new version, and with it new keys; nothing has to be deleted, and whoever has a piece, the cache that
all share or the process itself, has the right one. Both keys together are the page's ETag: browsers keep no page (each
answer says `no-store`), but the script of a wall, which has its page, sends the tag and is told so (304) before
anything is drawn. Who may come in is asked before, each time. What a form is signed
with (CSRF) is kept nowhere and filled in at last.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache, partial, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from departments import access
from plans.models import Change
from plans.page_cache.plan_context import last_plan, read_plan_context
from plans.page_cache.replica import make_from_replica

View = Callable[..., HttpResponse]
Make = Callable[[], HttpResponse]
Of = Callable[..., Collection[int]]
Kept = TypeVar("Kept")
Part = TypeVar("Part")
Pieces = dict[str, Any]  # Untyped: what was kept comes back as it was, and only who kept it knows what it is

SECONDS = 3600
"""How long a piece is kept."""
LONGEST = 40
"""The most characters of a value in the address of a page that is kept; a longer one means nothing."""
HEADER = b"<!-- header -->"
_SIGNED, _UNSIGNED = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*'), b'name="csrfmiddlewaretoken" value="'


class PageRequest(HttpRequest):
    """What middleware and this module note on a request."""

    htmx: HtmxDetails
    for_anybody: bool


class Anybody:
    """In place of the person, in what people share: has logged in, and that is all."""

    is_authenticated = True

    def __str__(self) -> str:
        return ""


def keep_page(*names: str, of: Of | None = None) -> Callable[[View], View]:
    """Keeps the pages of a view that reads. `names` are all that it understands of an address; a page asked for in
    other words, or that has something to say to the person once, is made anew and not kept.

    `of` tells from the path's values the indicators whose figures and lights the page shows; it may look at nothing
    that is a figure or a light itself. Without it the page shows those of all.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not _may_be_kept(request, names):
                return _private(view(request, *args, **kwargs))
            shared = _shared_key(request, _plan_code(kwargs), _version(request, of, kwargs))
            return _answered(request, partial(view, request, *args, **kwargs), shared)

        return answer

    return decorate


def make_page_anew(view: View) -> View:
    """A page of leadership that shows more than the versions tell of: it is made each time, whole or as what stands
    below the header, and not sent to a browser that has it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 200 or _was_told_something(request):
            return _private(response)
        tag = _tag(request, sha256(_SIGNED.sub(rb"\1", response.content)).hexdigest())
        return _private(HttpResponseNotModified() if _has(request, tag) else response, tag)

    return answer


def answer_page_kept_beside(request: HttpRequest, make: Make, *, plan_code: str, beside: object) -> HttpResponse:
    """A page of a plan that shows more than the plan's outline. It is kept under `beside` too, which holds all that it
    shows beside the outline, as plain values.

    `make` must make the page from these very values. Values that are read again might have changed meanwhile; then the
    page would be kept under old values with new content, and shown whenever the old values come back. Of figures and
    lights the numbers of their changes are enough, because no such number comes again.
    """
    if not _may_be_kept(request, ()):
        return _private(make())
    return _answered(request, make, _key(_outline_key(request, plan_code), beside))


def _answered(request: HttpRequest, make: Make, shared: str) -> HttpResponse:
    own = _own_key(request)
    tag = _tag(request, shared, own)
    if _has(request, tag):
        return _private(HttpResponseNotModified(), tag)
    pieces = _nearest(shared, own)
    if shared in pieces:
        return _private(HttpResponse(_filled(request, pieces[shared], own, pieces)), tag)
    response = _for_anybody(request, make)
    if response.status_code != 200:
        return response
    made = _SIGNED.sub(rb"\1", response.content)
    response.content = _filled(request, made, own, pieces)
    if _was_told_something(request):
        return _private(response)
    _keep({shared: made})
    return _private(response, tag)


def _tag(request: HttpRequest, *parts: str) -> str:
    """The ETag of a page that is made of these parts, with forms that are signed for the browser."""
    return f'W/"{_key(*parts, _secret(request))}"'


def _has(request: HttpRequest, tag: str) -> bool:
    """Whether the browser has this very page."""
    return tag in parse_etags(request.headers.get("If-None-Match", ""))


def _secret(request: HttpRequest) -> str:
    """The secret with which the forms of this browser are signed; a new browser is given a new secret."""
    if "CSRF_COOKIE" not in request.META:
        get_token(request)
    return str(request.META["CSRF_COOKIE"])


def keep_plan_value(
    request: HttpRequest, make: Callable[[], Kept], *, plan_code: str, of: str, beside: object = None
) -> Kept:
    """A value that follows from a plan's outline and from what is told `beside`; `of` says which it is."""
    return _value(_key(_outline_key(request, plan_code), of, beside), make)


def keep_value_of_all_plans(request: HttpRequest, make: Callable[[], Kept], *, of: str) -> Kept:
    """A value that follows from the outlines of all plans and from how far the person reaches, on every page the same;
    `of` says which it is."""
    reached = tuple(access.reaches_by_action(access.person_of_request(request)).values())
    return _value(_key(release(), read_plan_context(request).outlines, _as_text(reached), of), make)


def _value(key: str, make: Callable[[], Kept]) -> Kept:
    found = _nearest(key)
    if key not in found:
        found = {key: make()}
        _keep(found)
    return found[key]


def keep_plan_values(
    request: HttpRequest,
    make: Callable[[Collection[Part]], Mapping[Part, Kept]],
    *,
    plan_code: str,
    of: Mapping[Part, object],
) -> dict[Part, Kept]:
    """Pieces of a page of a plan, each kept under the plan's outline and the plain values that the piece is made of.
    Only pieces are made that were not made before from the same values."""
    shared = _outline_key(request, plan_code)
    keys = {part: _key(shared, part, values) for part, values in of.items()}
    recalled = _recalled(*keys.values())
    known = {part: recalled[key] for part, key in keys.items() if key in recalled}
    if len(known) == len(keys):
        return known
    made = make(keys.keys() - known.keys())
    _keep({keys[part]: piece for part, piece in made.items()})
    return known | dict(made)


def is_part_of_page(request: HttpRequest) -> bool:
    """Whether only what stands below the header is asked for, by a switch in the page; the browser's "back" asks for
    all."""
    htmx = cast(PageRequest, request).htmx
    return bool(htmx) and not htmx.history_restore_request


def _may_be_kept(request: HttpRequest, names: Collection[str]) -> bool:
    asked = dict(request.GET.lists())
    plain = all(name in names and len(values) == 1 and len(values[0]) <= LONGEST for name, values in asked.items())
    return plain and request.method in ("GET", "HEAD") and not len(messages.get_messages(request))


def _plan_code(values: Mapping[str, object]) -> str | None:
    """The plan that an address names, by the values of its path."""
    code = values.get("plan_code")
    return None if code is None else str(code)


def _version(request: HttpRequest, of: Of | None, values: Mapping[str, object]) -> object:
    """The version of the plan's data that a page shows."""
    known = read_plan_context(request, _plan_code(values))
    if of is None or known.plan_id is None:
        return known.version
    shown = _indicators(of, tuple(values.items()), (known.plan_id, known.outline))
    return known.outline, sorted(Change.objects.numbers(known.plan_id, shown).items())


@lru_cache(maxsize=4096)
def _indicators(of: Of, values: tuple[tuple[str, object], ...], _outline: tuple[int, int]) -> Collection[int]:
    """The indicators that the view names; the view is asked once for each outline of a plan."""
    return of(**dict(values))


def _outline_key(request: HttpRequest, plan_code: str) -> str:
    return _shared_key(request, plan_code, read_plan_context(request, plan_code).outline)


def _shared_key(request: HttpRequest, plan_code: str | None, version: object) -> str:
    """The key of what stands below the header, made of everything that it depends on."""
    known, reached = (
        read_plan_context(request, plan_code),
        tuple(access.reaches_by_action(access.person_of_request(request)).values()),
    )
    address = request.path, request.GET.urlencode(), is_part_of_page(request), get_language(), timezone.localdate()
    return _key(release(), *address, known.plan_id, version, known.demonstration, _as_text(reached))


@lru_cache(maxsize=1024)
def _as_text(reached: tuple[access.Reach, ...]) -> str:
    """The same text for the same reaches, in every process."""
    return repr([[sorted(getattr(reach, field.name)) for field in fields(reach)] for reach in reached])


def _own_key(request: HttpRequest) -> str:
    """The key of the header, made of everything that it depends on; empty for a part of a page, which has no header."""
    if is_part_of_page(request):
        return ""
    user, match = access.person_of_request(request), request.resolver_match
    roles = [
        (membership.role, membership.department_id, membership.department.kind, str(membership.department))
        for membership in user.held
    ]
    here = match and (match.url_name, match.kwargs.get("plan_code")), request.GET.urlencode()
    return _key(
        release(),
        here,
        last_plan(request),
        get_language(),
        user.pk,
        str(user),
        roles,
        _as_text(tuple(access.reaches_by_action(user).values())),
        read_plan_context(request).unread,
        read_plan_context(request).outlines,
    )


def _key(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:40]


@lru_cache(maxsize=1)
def release() -> str:
    """A digest of all programs and templates, so that a new release shows nothing that an earlier release kept."""
    return _key([(str(source), source.stat().st_mtime_ns, source.stat().st_size) for source in sorted(_sources())])


def _sources() -> Iterator[Path]:
    own = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    for folder in (*own, settings.BASE_DIR / "templates"):
        yield from (file for file in folder.rglob("*") if file.suffix in (".py", ".html", ".mo"))
    yield from Path(settings.STATIC_ROOT).glob("staticfiles.json")


def _for_anybody(request: HttpRequest, make: Make) -> HttpResponse:
    """The page with a mark where the header belongs, and nobody's name (see
    `qualityplan.answering.context_processors`).
    """
    shared = cast(PageRequest, request)
    shared.for_anybody = True
    try:
        return make_from_replica(make)
    finally:
        shared.for_anybody = False


def _was_told_something(request: HttpRequest) -> bool:
    return bool(getattr(messages.get_messages(request), "added_new", False))


def _filled(request: HttpRequest, shared: bytes, own: str, pieces: Mapping[str, bytes]) -> bytes:
    """The page for the person: with the header, and with forms that are signed."""
    if HEADER not in shared:
        own = ""
    if own and own not in pieces:
        pieces = {own: _SIGNED.sub(rb"\1", render_to_string("pages/header.html", request=request).encode())}
        _keep(pieces)
    whole = shared.replace(HEADER, pieces[own]) if own else shared
    return whole.replace(_UNSIGNED, _UNSIGNED + get_token(request).encode())


def _private(response: HttpResponse, tag: str = "") -> HttpResponse:
    """Marks a page as one person's own. No browser keeps it; a script that shows it, such as a wall's script, sends the
    tag and is told whether the page still holds."""
    if tag:
        response.headers["ETag"] = tag
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response


def _nearest(*keys: str) -> Pieces:
    """The pieces of a page, from the memory of this process if it was asked for them lately."""
    asked = [key for key in keys if key]
    near: Pieces = caches["pages"].get_many(asked)
    further = _recalled(*(key for key in asked if key not in near))
    caches["pages"].set_many(further, SECONDS)
    return near | further


def forget_cached_pages() -> None:
    """Forgets everything that all processes and this process keep, as if nobody had asked yet."""
    caches["shared"].clear()
    caches["pages"].clear()


def _recalled(*keys: str) -> Pieces:
    """What is kept under the keys. A disk that fails is no error: the page is made."""
    try:
        return caches["shared"].get_many(keys) if keys else {}
    except OSError:
        return {}


def _keep(pieces: Pieces) -> None:
    try:
        caches["shared"].set_many(pieces, SECONDS)
    except OSError:
        return
