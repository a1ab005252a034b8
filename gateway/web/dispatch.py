"""From bytes to a handler and back: bounds, routes, errors, the commit.

    bounds ─▶ route ─▶ method ─▶ form ─▶ handler ─▶ commit ─▶ answer

Paths are compared as they were sent. A path with an escape in it is nobody's, so no
trick with `%2f`, `..;` or a double slash reaches a handler by another name.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.responses import Response

from gateway.web import cors, errors, headers, render
from gateway.web.call import BodyRefused, Call, Handler, read_form, read_json
from gateway.web.csrf import ForeignForm
from gateway.web.deadline import within
from gateway.web.door import WHOLE
from gateway.web.errors import Outcome
from gateway.web.pace import TooFast
from gateway.web.params import MAX_FIELDS, ParamsInvalid
from keys import opaque, outages
from keys.errors import DatabaseBusy

log = logging.getLogger("gatehouse")

MAX_QUERY = 8 * 1024
MAX_HEADERS = 16 * 1024
MAX_HEADER_LINES = 100
FORM_LIMIT = 64 * 1024
SECONDS = 15.0  # in which a handler answers; what it did till then is undone
_BUSY_FOR = 5  # seconds
_NONE: Mapping[str, Any] = {}

Scope = Mapping[str, Any]
Send = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who answers it.

    :ivar kind: ``page`` answers errors as HTML, ``protocol`` as OAuth JSON, ``open``
        is asked without regard to ``Host`` (probes)
    :ivar limit: the largest form, in bytes, and ``fields`` how many it may have
    :ivar safe: its GET changes nothing, so that HEAD may be asked, too
    :ivar json: what is posted, put or patched is JSON, not a form
    :ivar aliased: answered at the alias host, too, where clients show certificates; a browser
        that came there would ask its person for one
    :ivar shared: scripts of registered origins may read its answers
    :ivar paced: a page that counts towards what a network may ask for
    """

    path: str
    methods: Mapping[str, Handler]
    kind: str = "page"
    limit: int = FORM_LIMIT
    fields: int = MAX_FIELDS
    safe: bool = True
    paced: bool = True
    json: bool = False
    aliased: bool = False
    shared: bool = False


class Routes:
    """The table of addresses: whole paths by name, patterns by their first part."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._whole = {route.path: route for route in routes if "{" not in route.path}
        self._patterns: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            if "{" in route.path:
                parts = route.path.split("/")
                self._patterns.setdefault((parts[1], len(parts)), []).append((parts, route))

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of ``path`` and the parts that it names."""
        whole = self._whole.get(path)
        if whole is not None:
            return whole, {}
        parts = path.split("/")
        if len(parts) < 2:  # no address of a resource: the asterisk of OPTIONS
            return None
        for pattern, route in self._patterns.get((parts[1], len(parts)), ()):
            placed = _fit(pattern, parts)
            if placed is not None:
                return route, placed
        return None


def _fit(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    placed = {}
    for wanted, given in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            if not given:
                return None
            placed[wanted[1:-1]] = given
        elif wanted != given:
            return None
    return placed


class Dispatcher:
    """Answers every HTTP request of one process."""

    def __init__(self, routes: Sequence[Route], runtime: Callable[[], Any]) -> None:
        self._routes = Routes(routes)
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer one request."""
        refused = self._out_of_bounds(scope)
        if refused is not None:
            response = Response(status_code=refused)
        else:
            response = await self._answer(scope, receive)
        if self._runtime().settings.secure:
            response.raw_headers.append(headers.STRICT_TRANSPORT)
        write = scope.get("extensions", _NONE).get(WHOLE)
        if write is None or not write(response):
            await response(scope, receive, send)  # type: ignore[arg-type]

    def _out_of_bounds(self, scope: Scope) -> int | None:
        if len(scope["query_string"]) > MAX_QUERY or len(scope["raw_path"]) > MAX_QUERY:
            return 414
        size, hosts = 0, 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            hosts += name == b"host"
        if size > MAX_HEADERS or len(scope["headers"]) > MAX_HEADER_LINES:
            return 431
        return None if hosts == 1 else 400

    async def _answer(self, scope: Scope, receive: Any) -> Response:
        runtime = self._runtime()
        found = None if b"%" in scope["raw_path"] else self._routes.find(scope["path"])
        kind = found[0].kind if found else "page"
        wrong = errors.NOT_FOUND
        try:
            call = Call(scope, runtime, found[1] if found else {})
        except ParamsInvalid:
            call = Call({**scope, "query_string": b""}, runtime, {})
            found, wrong = None, errors.REFUSED
        if (
            kind != "open"
            and call.header("host") != runtime.settings.authority
            and not (found is not None and found[0].aliased and call.aliased)
        ):
            return Response(status_code=421)
        try:
            if kind == "page" and (found is None or found[0].paced):
                runtime.pages.take(call.address)
        except TooFast as fast:
            return refusal(call, errors.outcome(fast.code), kind, wait=fast.seconds)
        if found is None:
            return refusal(call, wrong, kind)
        route = found[0]
        method = "GET" if call.method == "HEAD" and route.safe else call.method
        handler = route.methods.get(method)
        if handler is None:
            return await _preflight(call, route) or _not_opened(call, route)
        response = await self._handle(call, route, handler, receive)
        if route.shared and call.header("origin"):
            await cors.share(call, response)
        return response

    async def _handle(self, call: Call, route: Route, handler: Handler, receive: Any) -> Response:
        deadline = within(SECONDS)
        try:
            with deadline:
                if route.json and call.method in ("POST", "PUT", "PATCH"):
                    await read_json(call, receive, route.limit)
                elif call.method == "POST":
                    await _read_form(call, route, receive)
                response = await handler(call)
        except BodyRefused as error:
            refused = await self._kept(call, route, _with_status(errors.REFUSED, error.status))
            if error.status == 408:  # RFC 9110 §15.5.9: nobody waits for the rest
                refused.headers["connection"] = "close"
            return refused
        except ParamsInvalid:
            return await self._kept(call, route, errors.REFUSED)
        except ForeignForm:
            return await self._kept(call, route, errors.FOREIGN)
        except Exception as error:  # noqa: BLE001 - the last one to be asked
            outcome = errors.BUSY if deadline.expired else errors.UNEXPECTED
            known = error if deadline.expired else _known(error)
            return await self._failed(call, route, known, outcome)
        return await self._committed(call, route, response)

    async def _failed(
        self, call: Call, route: Route, error: Exception, unexpected: Outcome
    ) -> Response:
        """Keep what a room refused: it is an answer. Undo what can't be done now, and all else."""
        code = getattr(error, "code", None)
        if not isinstance(code, str):
            reference = opaque.reference()
            told = {"reference": reference, "route": route.path}
            event = "too slow" if unexpected is errors.BUSY else "unexpected"
            log.error(event, exc_info=error, extra=told)
            await _undo(call, error)
            return refusal(call, unexpected, route.kind, reference=reference)
        outcome = errors.outcome(code)
        if outcome.status != 503:
            refused = refusal(call, outcome, route.kind, wait=_seconds_of(call, error))
            return await self._committed(call, route, refused)
        # Whoever is asked to come again must find things as they were.
        log.warning("not now", extra={"code": code, "route": route.path})
        await _undo(call, error)
        return refusal(call, outcome, route.kind)

    async def _kept(self, call: Call, route: Route, outcome: Outcome) -> Response:
        return await self._committed(call, route, refusal(call, outcome, route.kind))

    async def _committed(self, call: Call, route: Route, response: Response) -> Response:
        """Nothing is answered that is not durable."""
        if call.opened is None:
            return response
        try:
            await call.opened.__aexit__(None, None, None)
        except Exception as error:
            code = getattr(_known(error), "code", None)
            if code is None:
                log.exception("not committed", extra={"route": route.path})
            return refusal(call, errors.outcome(code) if code else errors.BUSY, route.kind)
        return response


async def _read_form(call: Call, route: Route, receive: Any) -> None:
    await read_form(call, receive, route.limit, route.fields)
    if route.kind == "protocol":  # on a page, a field that was emptied says something
        call.form = call.form.said()


def _known(error: Exception) -> Exception:
    """Return what the room means: a database that can't is busy, not a fault of ours."""
    state = outages.state(error)
    if state is None:
        return error
    log.warning("database outage", extra={"state": state})
    return DatabaseBusy()


async def _undo(call: Call, error: Exception) -> None:
    if call.opened is not None:
        await call.opened.__aexit__(type(error), error, error.__traceback__)


def refusal(
    call: Call,
    outcome: Outcome,
    kind: str = "page",
    *,
    reference: str | None = None,
    wait: int | None = None,
) -> Response:
    """Answer a refusal in the way of the route: a page for people, JSON for programs.

    :param reference: what the log calls it; a page without one has nothing to look up
    :param wait: seconds after which to come back; a busy service says five by itself
    """
    if kind != "page":
        response = _json(outcome.status, outcome.oauth)
    else:
        response = _told(call, outcome, reference)
    if outcome.status == 503:
        wait = wait or _BUSY_FOR
    if wait is not None:
        response.headers["retry-after"] = str(wait)
    return response


def _told(call: Call, outcome: Outcome, reference: str | None) -> Response:
    _ = call.gettext
    return render.page(
        call,
        "error.html",
        status=outcome.status,
        title=_(outcome.title),
        lead=_(outcome.lead),
        sentences=[_(outcome.then)],
        reference=reference,
        actions=[{"text": _("Go to the front page"), "href": "/", "kind": "second"}],
    )


async def _preflight(call: Call, route: Route) -> Response | None:
    if not route.shared or call.method != "OPTIONS":
        return None
    return await cors.preflight(call, route.methods)


def _not_opened(call: Call, route: Route) -> Response:
    allow = {"allow": ", ".join(sorted(route.methods))}
    if route.kind != "page":
        return Response(status_code=405, headers={**allow, **headers.PROTOCOL})
    response = refusal(call, errors.NOT_OPENED)
    response.headers.update(allow)
    return response


def _json(status: int, error: str) -> Response:
    fields = {**headers.PROTOCOL, "content-type": "application/json"}
    return Response(json.dumps({"error": error}).encode(), status, fields)


def _seconds_of(call: Call, error: Exception) -> int | None:
    """How long a refusal says to wait (RFC 6585 §4)."""
    if isinstance(error, TooFast):
        return error.seconds
    until = getattr(error, "until", None)
    if not isinstance(until, datetime):
        return None
    return max(1, math.ceil((until - call.entry.at).total_seconds()))


def _with_status(outcome: Outcome, status: int) -> Outcome:
    return replace(outcome, status=status)
