"""What a service hears: kept first, then acted on, then answered, each at least once.

    token ─▶ verified ─▶ kept (by its jti, once) ─▶ 202 or ack ─▶ acted on ─▶ answered ─▶ done

Whatever dies in between, what was kept is not done, and is taken up at the next start.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relying_parties.samples.sdk.api import Api
from relying_parties.samples.sdk.provider import (
    GrantEnded,
    Provider,
    SignInFailed,
    Unavailable,
    new_handle,
)
from relying_parties.samples.sdk.settings import moment, today
from relying_parties.samples.sdk.store import Heard, Person, Read, Store

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
LOOK = 15.0  # seconds
AGAIN = 2.0  # seconds after which what did not work is tried again

log = logging.getLogger("service")

Answer = tuple[str, str | None]
# What the service does about new details: before, after, and what it says that it did.
Decide = Callable[[Person, Mapping[str, Any]], Answer]


class Events:
    """The stream of one service, and what it does about what comes."""

    def __init__(
        self, provider: Provider, store: Store, decide: Decide, *, push_to: str | None
    ) -> None:
        """Prepare to listen.

        :param push_to: the address that is registered for pushes; without one we poll
        """
        self._api, self._provider, self._store = Api(provider), provider, store
        self._decide, self._push_to = decide, push_to
        self._secret = f"Bearer {new_handle()}"  # a new one at each start
        self._came = asyncio.Event()
        self._stream: dict[str, Any] = {}

    async def run(self) -> None:
        """Listen for as long as the service runs."""
        self._stream = await self._listening()
        self._came.set()  # what the last start left undone
        async with asyncio.TaskGroup() as group:
            group.create_task(self._act())
            group.create_task(self._go_on())
            if self._push_to is None:
                group.create_task(self._poll())

    async def receive(self, request: Request) -> Response:
        """Take a pushed event: 202 once it is kept (RFC 8935 §2.2)."""
        headers = {"cache-control": "no-store"}
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response(status_code=401, headers=headers)
        try:
            await self._keep((await request.body()).decode("ascii", "replace"))
        except Unavailable as error:  # its keys can't be had: it may be right
            log.warning("an event waits: %s", error)
            return Response(status_code=503, headers=headers)
        except SignInFailed as error:
            log.warning("an event was refused: %s", error)
            told = {"err": "authentication_failed", "description": "it does not verify"}
            return JSONResponse(told, 400, {**headers, "content-language": "en"})
        self._came.set()
        return Response(status_code=202, headers=headers)

    async def _listening(self) -> dict[str, Any]:
        wish = {"method": POLL}
        if self._push_to is not None:
            wish = {
                "method": PUSH,
                "endpoint_url": self._push_to,
                "authorization_header": self._secret,
            }
        while True:
            try:
                return await self._api.listen(wish)
            except SignInFailed as error:
                log.warning("not listening yet: %s", error)
                await asyncio.sleep(AGAIN)

    async def _go_on(self) -> None:
        """Look now and then whether our stream is there still, and make it anew if not."""
        while True:
            await asyncio.sleep(LOOK)
            self._came.set()  # what was to wait for its day may be due
            try:
                if not await self._api.streams():
                    self._stream = await self._listening()
            except SignInFailed as error:
                log.warning("not listening at the moment: %s", error)

    async def _poll(self) -> None:
        heard: list[str] = []
        while True:
            try:
                url = self._stream["delivery"]["endpoint_url"]
                sets = await self._api.poll(url, heard)
                for raw in sets.values():
                    await self._keep(raw)
                heard = list(sets)
                self._came.set()
            except SignInFailed as error:
                log.warning("nothing heard: %s", error)
                await asyncio.sleep(AGAIN)

    async def _keep(self, raw: str) -> None:
        claims = await self._api.event(raw)
        self._store.keep(str(claims["jti"]), claims["sub_id"], claims["events"])

    async def _act(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            for one in self._store.undone():
                if _is_to_come(one):
                    continue  # until its day the old value is right, and read
                try:
                    self._store.done(one.jti, await self._do(one))
                except SignInFailed as error:
                    log.warning("an event waits: %s", error)
                    await asyncio.sleep(AGAIN)
                    self._came.set()
                    break  # what follows about the same person comes after it

    async def _do(self, one: Heard) -> Read | None:
        about, read = one.sub_id.get("user", one.sub_id), None
        for event, told in one.events.items():
            act = self._acts().get(event)
            if act is not None:
                read = await act(str(about.get("sub", "")), one.sub_id, told) or read
        return read

    def _acts(self) -> Mapping[str, Callable[[str, Any, Any], Awaitable[Read | None]]]:
        issuer = self._provider.issuer
        return {
            f"{issuer}/events/claims-changed": self._claims_changed,
            f"{issuer}/events/grant-narrowed": self._stopped,
            f"{issuer}/events/grant-withdrawn": self._ended,
            f"{issuer}/events/grant-expired": self._ended,
            f"{issuer}/events/grant-restored": self._restored,
            f"{CAEP}session-revoked": self._session_revoked,
            f"{RISC}account-purged": self._account_purged,
        }

    async def _claims_changed(self, sub: str, _sub_id: Any, told: Any) -> Read | None:
        """Answer; what was read is kept with the event, so that a second try decides alike."""
        answer, read = await self._read_again(sub)
        await self._api.answer(str(told["change_id"]), *answer)
        return read

    async def _read_again(self, sub: str) -> tuple[Answer, Read | None]:
        person = self._store.person(sub)
        if person is None:
            return ("rejected", "no_record"), None
        if person.refresh_token is None:
            return ("rejected", "sign_in"), None
        try:
            tokens = await self._provider.refresh(person.refresh_token)
            # One that was replaced opens nothing any more.
            self._store.renew_grant(sub, tokens.get("refresh_token"))
            details = await self._provider.read(tokens["access_token"], sub)
        except GrantEnded:
            self._store.forget_grant(sub)
            return ("rejected", "sign_in"), None
        return self._decide(person, details), Read(sub, details, moment())

    async def _stopped(self, sub: str, _sub_id: Any, told: Any) -> None:
        """Drop what is not shared any more; what we wrote down ourselves is our own."""
        self._store.drop(sub, [str(name) for name in told["stopped"]])

    async def _ended(self, sub: str, sub_id: Any, told: Any) -> None:
        await self._stopped(sub, sub_id, told)
        self._store.forget_grant(sub)

    async def _restored(self, sub: str, _sub_id: Any, _told: Any) -> Read | None:
        """Have again what is shared again; if it takes a sign-in, it is there after the next."""
        _answer, read = await self._read_again(sub)
        return read

    async def _session_revoked(self, _sub: str, sub_id: Any, _told: Any) -> None:
        self._store.end_session(str(sub_id.get("session", {}).get("id", "")))

    async def _account_purged(self, sub: str, _sub_id: Any, _told: Any) -> None:
        self._store.forget(sub)


def _is_to_come(one: Heard) -> bool:
    """Whether an event tells of a day that has not begun."""
    days = [str(told.get("effective_from", "")) for told in one.events.values()]
    return any(day > today() for day in days)
