"""The routes that a service mounts: sign in, come back, read again, sign out, be signed out."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route

from relying_parties.samples.sdk.asking import Act, Asking
from relying_parties.samples.sdk.corrections import Corrections
from relying_parties.samples.sdk.events import Decide, Events
from relying_parties.samples.sdk.names import wire_name
from relying_parties.samples.sdk.provider import (
    GrantEnded,
    Provider,
    SignInFailed,
    Unavailable,
    new_handle,
)
from relying_parties.samples.sdk.requests import Requests
from relying_parties.samples.sdk.settings import Settings, moment
from relying_parties.samples.sdk.store import Person, Store

SESSION = "__Host-session"
BROWSER = "__Host-sign-in"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

log = logging.getLogger("service")

Endpoint = Callable[[Request], Awaitable[Response]]


class Service:
    """A relying party: its routes, its store, its provider."""

    def __init__(
        self,
        settings: Settings,
        *,
        folder: Path,
        wants: Sequence[str],
        logo: bytes | None = None,
        **request: str,
    ) -> None:
        """Prepare the service.

        :param folder: where its pages and styles lie
        :param wants: claims to ask for; only what its registration allows is ever released
        :param logo: its picture, a PNG, if it has one
        :param request: more parameters of the authorization request, such as ``acr_values``
        """
        self.settings = settings
        self.store = Store(settings.store)
        self.provider = Provider(settings)
        self.events: Events | None = None
        self.asking: Asking | None = None
        self.requests = Requests(self.provider, self.store)
        self.corrections = Corrections(self.provider)
        self._folder = folder
        self._logo = logo
        self._request = {
            "scope": "openid offline_access",
            "claims": json.dumps(
                {"userinfo": {wire_name(settings.issuer, name): None for name in wants}}
            ),
            **request,
        }
        self._pages = Environment(
            loader=FileSystemLoader(folder), autoescape=select_autoescape(), trim_blocks=True
        )

    def hear(self, decide: Decide, *, pushed: bool) -> None:
        """Hear of changes from the gateway, and let ``decide`` say what the service did.

        :param pushed: the gateway calls us; else we ask it again and again
        """
        push_to = self.settings.events_uri if pushed else None
        self.events = Events(self.provider, self.store, decide, push_to=push_to)

    def ask(self, act: Act) -> None:
        """Ask citizens who are elsewhere, and let ``act`` do what they approved.

        Nothing is asked without ``ASKS_AS`` in the environment: it takes a registration of its own.
        """
        if self.settings.asks_as:
            self.asking = Asking(self.settings, self.store, act)

    def application(self, routes: Sequence[BaseRoute]) -> Starlette:
        """Build the application: the service's own routes, and those of signing in and out."""
        return Starlette(
            routes=[
                *routes,
                Route("/sign-in", self.sign_in),
                Route("/callback", self.callback),
                Route("/read-again", self.read_again, methods=["POST"]),
                Route("/sign-out", self.sign_out, methods=["POST"]),
                Route("/signed-out", self.signed_out),
                Route("/backchannel-logout", self.backchannel_logout, methods=["POST"]),
                Route("/style.css", self.style),
                *([Route("/logo.png", self.logo)] if self._logo else []),
                *([Route("/events", self.events.receive, methods=["POST"])] if self.events else []),
                *([Route("/asked", self.asking.pinged, methods=["POST"])] if self.asking else []),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Listen for events and report while the service runs."""
        running = [asyncio.create_task(self.requests.run())]
        if self.events is not None:
            running.append(asyncio.create_task(self.events.run()))
        if self.asking is not None:
            running.append(asyncio.create_task(self.asking.run()))
        yield
        for one in running:
            one.cancel()
        for ended in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                log.error("stopped before its time: %r", ended)

    def page(self, name: str, *, status: int = 200, **context: Any) -> Response:
        """Render a page of the service."""
        html = self._pages.get_template(name).render(
            gateway=self.settings.issuer, service=self.settings, **context
        )
        return HTMLResponse(html, status, HEADERS)

    async def person(self, request: Request) -> Person | None:
        """Who is signed in here, or ``None``."""
        handle = request.cookies.get(SESSION)
        return self.store.signed_in(handle) if handle else None

    async def sign_in(self, _request: Request) -> Response:
        """Send the citizen to the gateway, remembering what must come back."""
        state, nonce, verifier, browser = (new_handle() for _ in range(4))
        self.store.begin(state=state, browser=browser, nonce=nonce, verifier=verifier)
        try:
            url = await self.provider.sign_in_url(
                state=state, nonce=nonce, verifier=verifier, **self._request
            )
        except SignInFailed as error:
            return self._refused(error)
        answer = RedirectResponse(url, 303)
        # Lax: the way back from the gateway is a navigation from another site.
        answer.set_cookie(BROWSER, browser, max_age=1800, secure=True, httponly=True)
        return answer

    async def callback(self, request: Request) -> Response:
        """Finish a sign-in, or say kindly that there is none."""
        query = dict(parse_qsl(request.url.query))
        begun = self.store.take(query.get("state", ""), request.cookies.get(BROWSER, ""))
        if begun is None or query.get("iss") != self.settings.issuer:
            return self.page("page.html", status=400, person=None, message="stale")
        if "code" not in query:
            message = "declined" if query.get("error") == "access_denied" else "failed"
            return self.page("page.html", person=None, message=message)
        nonce, verifier = begun
        try:
            return await self._finish(query["code"], verifier, nonce)
        except (SignInFailed, GrantEnded) as error:
            return self._refused(error)

    async def read_again(self, request: Request) -> Response:
        """Read what the citizen shares now, with the grant that the service holds."""
        person = await self.person(request)
        if person is None or person.refresh_token is None:
            return RedirectResponse("/sign-in", 303)
        try:
            tokens = await self.provider.refresh(person.refresh_token)
            details = await self.provider.read(tokens["access_token"], person.sub)
        except GrantEnded:
            self.store.forget_grant(person.sub)
            self.store.remember(person.sub, {}, moment(), None)
            return RedirectResponse("/", 303)
        except SignInFailed as error:
            return self._refused(error)
        self.store.remember(person.sub, details, moment(), tokens.get("refresh_token"))
        return RedirectResponse("/", 303)

    async def sign_out(self, request: Request) -> Response:
        """End the session here, then at the gateway."""
        person = await self.person(request)
        self.store.sign_out(request.cookies.get(SESSION, ""))
        url = "/signed-out"
        if person is not None:
            try:
                url = await self.provider.sign_out_url(person.id_token, new_handle())
            except SignInFailed as error:
                log.warning("signed out here only: %s", error)
        answer = RedirectResponse(url, 303)
        answer.delete_cookie(SESSION, secure=True, httponly=True)
        return answer

    async def signed_out(self, _request: Request) -> Response:
        """Where the gateway brings the citizen back to after signing out."""
        return self.page("page.html", person=None, message="signed-out")

    async def backchannel_logout(self, request: Request) -> Response:
        """Hear from the gateway that a session ended (Back-Channel Logout §2.8)."""
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
        try:
            sid = await self.provider.signed_out(form.get("logout_token", ""))
        except SignInFailed as error:
            log.warning("logout refused: %s", error)
            return JSONResponse({"error": "invalid_request"}, 400, {"cache-control": "no-store"})
        self.store.end_session(sid)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def style(self, _request: Request) -> Response:
        """Serve the service's own look."""
        return FileResponse(self._folder / "style.css", media_type="text/css")

    async def logo(self, _request: Request) -> Response:
        """Serve the service's picture; the gateway shows its own copy of it."""
        return Response(self._logo, media_type="image/png")

    def _refused(self, error: Exception) -> Response:
        """Tell the citizen that it did not work, and the log why."""
        log.warning("no sign-in: %s", error)
        away = isinstance(error, Unavailable)
        status, message = (503, "unavailable") if away else (400, "failed")
        return self.page("page.html", status=status, person=None, message=message)

    async def _finish(self, code: str, verifier: str, nonce: str) -> Response:
        tokens = await self.provider.redeem(code, verifier, nonce)
        claims = tokens["claims"]
        details = await self.provider.read(tokens["access_token"], claims["sub"])
        self.store.remember(claims["sub"], details, moment(), tokens.get("refresh_token"))
        handle = new_handle()
        self.store.sign_in(handle, claims["sub"], claims.get("sid"), tokens["id_token"])
        answer = RedirectResponse("/", 303)
        answer.set_cookie(SESSION, handle, secure=True, httponly=True)
        answer.delete_cookie(BROWSER, secure=True, httponly=True)
        return answer
