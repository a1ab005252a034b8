"""Let something happen to whom the suite signs in, while a module waits for events of it.

    python -m gateway.cli.conformance.happenings .gatehouse/conformance

The person signs in and out again, and sets their password: as the pages would, with the
events that follow. Works on the gateway of the suite alone.
"""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from gateway import settings
from gateway.cli import house
from gateway.cli.conformance import citizen
from gateway.runtime import Runtime
from idp import identifiers, sessions
from idp.authenticators import passwords
from keys import pairwise
from keys.entry import Entry
from relying_parties import clients, consents
from relying_parties.clients import Client
from relying_parties.consents import Decision
from relying_parties.grants import codes
from relying_parties.streams import subscriptions


async def happen(runtime: Runtime) -> int:
    """Let it happen, for every service that has a stream; return how many these are."""
    async with runtime.entry() as entry:
        account_id = await identifiers.find_account(entry, runtime.vault, citizen.EMAIL)
        hearing = [one.client_id for one in await subscriptions.receivers(entry)]
    if account_id is None:
        return 0
    hashed = await runtime.hasher.hash(citizen.PASSWORD)
    for client_id in hearing:
        async with runtime.entry() as entry:
            client = await clients.find(entry, client_id)
            if client is not None:
                await _sign_in_and_out(runtime, entry, client, account_id)
    async with runtime.entry() as entry:
        await passwords.set(entry, account_id, hashed)
    return len(hearing)


async def _sign_in_and_out(runtime: Runtime, entry: Entry, client: Client, account_id: Any) -> None:
    vault, asked = runtime.vault, list(client.registration.asked)
    subject = pairwise.subject(vault.pairwise, client.sector, account_id)
    reference = pairwise.seal_citizen(vault.sealer, account_id, client.client_id)
    consent = await consents.current(entry, subject, client.client_id)
    if consent is None:
        decision = Decision(asked, asked, "until", offline=True, locale="en", shown_digest=b"")
        consent = await consents.give(
            entry, subject=subject, client=client, citizen=reference, decision=decision
        )
    session, _ = await sessions.start(
        entry, account_id, kind="citizen", amr=("pwd",), aal=1, device="suite"
    )
    order = codes.Issue(
        client_id=client.client_id,
        subject=subject,
        citizen=reference,
        consent_id=consent.id,
        redirect_uri=client.registration.redirect_uris[0],
        challenge=None,
        nonce=None,
        scope="openid",
        claims=(),
        id_token_claims=(),
        acr=None,
        amr=("pwd",),
        auth_time=entry.at,
        sid=pairwise.sid(vault.pairwise, client.client_id, session.id),
        lives=timedelta(seconds=60),
        offline_until=None,
    )
    await codes.issue(entry, order)
    await sessions.end(entry, session.id)


async def _run(place: Path) -> int:
    given = settings.read(json.loads((place / house.TRIAL.name).read_text()))
    if not given.conformance:
        raise SystemExit("this is for the gateway of the suite alone")
    async with house.opened(given) as runtime:
        return await happen(runtime)


if __name__ == "__main__":
    click.echo(f"happened for {asyncio.run(_run(Path(sys.argv[1])))} services")
