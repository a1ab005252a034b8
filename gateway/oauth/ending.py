"""Ending what services hold of sessions: at once, and again for what was under way.

    session ended ─▶ families end ─▶ commit ─▶ answer ─1 s▶ families end again

A sign-on reads the session first and writes its code last. One that was between the two
when the session ended leaves a code behind. Asking for the session twice would cost every
sign-on a statement, so the rare ending looks twice instead (security: RC-17).

What the citizen lets services use in their absence goes on. Services that asked to hear
of it are noted in the same transaction; the worker tells them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.responses import Response

from gateway.runtime import Runtime
from gateway.web.call import Call
from keys import pairwise
from keys.entry import Entry
from relying_parties import clients, logouts
from relying_parties.grants import families

SETTLED = 1.0  # seconds after which no sign-on is under way that read the session before


@dataclass(frozen=True, slots=True)
class Held:
    """What an account's sessions are called at the services."""

    subjects: frozenset[str]
    sids: tuple[str, ...]


async def end(call: Call, account_id: UUID, ended: Sequence[UUID]) -> Held:
    """End what services hold of the sessions ``ended``, in the transaction that ended them."""
    held = await _held(call, account_id, ended)
    await _sweep(call.entry, held)
    return held


async def end_everything(call: Call, account_id: UUID, ended: Sequence[UUID]) -> Held:
    """End what services hold of any session: the ways in to the account changed (ADR 3).

    :param ended: the sessions that ended with it; one that goes on may sign on at once, so
        the second look is not for that one
    """
    held = await _held(call, account_id, ended)
    await families.end_for_subjects(call.entry, held.subjects, offline_too=False)
    await logouts.queue(call.entry, held.subjects, held.sids)
    return held


def once_more(call: Call, response: Response, held: Held) -> Response:
    """Look again a moment after ``response`` was sent."""
    response.background = BackgroundTask(_later, call.runtime, held)
    return response


async def _held(call: Call, account_id: UUID, ended: Sequence[UUID]) -> Held:
    known, key = await clients.listed(call.entry), call.runtime.vault.pairwise
    return Held(
        frozenset(pairwise.subject(key, client.sector, account_id) for client in known),
        tuple(pairwise.sid(key, client.client_id, one) for client in known for one in ended),
    )


async def _later(runtime: Runtime, held: Held) -> None:
    await asyncio.sleep(SETTLED)
    async with runtime.entry() as entry:
        await _sweep(entry, held)


async def _sweep(entry: Entry, held: Held) -> None:
    await families.end_for_subjects(entry, held.subjects, sids=held.sids, offline_too=False)
    await logouts.queue(entry, held.subjects, held.sids)
