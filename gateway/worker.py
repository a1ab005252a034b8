"""The worker: what nobody waits for. Mail, logouts, events, logos, the journal, expiry, keys.

Each duty runs in its own unit of work at its own pace; one that fails is logged and
tried again, and stops none of the others. Any number of workers may run.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway import (
    backchannel,
    bringing_back,
    erasing,
    mail,
    news,
    outbound,
    pinging,
    pushes,
    reminding,
    signals,
    summoning,
)
from gateway.exporting import making
from gateway.mail import Letter
from gateway.outbound import OutboundRefused
from gateway.pages import receipt
from gateway.runtime import Runtime
from gateway.web import render
from idp import attempts, coming, devices, exports, notices, sessions, signups
from keys import checkpoints, journal, keystore, replay, rotation
from relying_parties import (
    asides,
    changes,
    consents,
    corrections,
    ledger,
    logos,
    logouts,
    pending,
    pictures,
    reminders,
    requests,
    sealed_secrets,
    wanted_algs,
)
from relying_parties.errors import PictureRefused
from relying_parties.grants import backchannel_counts, backchannel_requests, device_codes, families
from relying_parties.streams import delivery

log = logging.getLogger("gatehouse.worker")

LOGO = "image/png, image/jpeg"


FULL = 1000  # rows: the batch of those purges that take one
_PURGES = (
    checkpoints.thin,
    replay.purge,
    attempts.purge,
    sessions.purge,
    devices.purge,
    signups.purge,
    notices.purge,
    exports.purge,
    pending.purge,
    families.purge,
    device_codes.purge,
    logouts.purge,
    delivery.purge,
    changes.purge,
    reminders.purge,
    asides.purge,
    backchannel_requests.purge,
    backchannel_counts.purge,
    sealed_secrets.purge,
    requests.purge,
    corrections.purge,
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do again and again; it returns how much it did."""

    run: Callable[[Runtime], Awaitable[int]]
    every: float  # seconds


async def send_mail(runtime: Runtime) -> int:
    """Send what is due; a mail that is not accepted is tried again later."""
    async with runtime.entry() as entry:
        taken = await notices.take(entry, runtime.vault)
    for notice in taken:  # no connection is held while a mail server takes its time
        try:
            message = mail.compose(_letter(runtime, notice), runtime.settings.mail_from)
            await mail.send(runtime.settings.smtp_url, message)
        except Exception as error:  # noqa: BLE001 - one bad mail must not keep the others
            told = {"notice": notice.id, "error": type(error).__name__}
            log.warning("mail not sent", extra=told)
            note = notices.failed
        else:
            note = notices.sent
        async with runtime.entry() as entry:
            await note(entry, notice)
    return len(taken)


async def fetch_logos(runtime: Runtime) -> int:
    """Fetch the logos of what was approved; one that can't be had is asked for again later."""
    async with runtime.entry() as entry:
        taken = await logos.take(entry)
    await asyncio.gather(*(_fetch_logo(runtime, due) for due in taken))
    return len(taken)


async def _fetch_logo(runtime: Runtime, due: logos.Due) -> None:
    allow = runtime.settings.allow_loopback
    try:
        body = await outbound.fetch(due.address, accept=LOGO, allow_loopback=allow)
        picture = pictures.read(body)
    except PictureRefused as error:
        refused = error.reason
    except OutboundRefused as error:
        refused = error.reason if due.last else ""
    else:
        async with runtime.entry() as entry:
            await logos.keep(entry, due, picture)
        return
    if refused:
        async with runtime.entry() as entry:
            await logos.refuse(entry, due, refused)


async def chain_journal(runtime: Runtime) -> int:
    """Chain the journal's rows that have become final."""
    async with runtime.entry() as entry:
        return await journal.chain(entry)


async def grow_ledger(runtime: Runtime) -> int:
    """Seal lines of the ledger in the transparency tree, a batch at a time until none is left."""
    sealed = 0
    while True:
        async with runtime.entry() as entry:
            batch = await ledger.grow(entry, runtime.keyring, runtime.settings.issuer)
        sealed += batch
        if batch < ledger.BATCH:
            return sealed


async def expire_consents(runtime: Runtime) -> int:
    """End consents whose time is over."""
    async with runtime.entry() as entry:
        return await consents.expire_due(entry)


async def take_effect(runtime: Runtime) -> int:
    """Put details in order whose day has come; readings knew of it before."""
    async with runtime.entry() as entry:
        return await coming.arrive_all(entry)


async def purge(runtime: Runtime) -> int:
    """Delete rows that can't matter any more, a batch at a time until none is left."""
    gone = 0
    for each in _PURGES:
        while True:
            async with runtime.entry() as entry:
                batch = await each(entry)
            gone += batch
            if batch < FULL:  # a busy day leaves more behind than one batch a minute takes
                break
    return gone


async def draw_keys(runtime: Runtime) -> int:
    """Make keys that a service wants before it is live, so that copies of the set have them."""
    async with runtime.entry() as entry:
        asked = await wanted_algs.named(entry) & keystore.ON_REQUEST
        if runtime.keyring.sign_with(asked):
            return 0
        await rotation.ensure(entry, runtime.vault.sealer, asked)
    return len(asked)


async def rotate_keys(runtime: Runtime) -> int:
    """Take the steps of key rotation that are due."""
    async with runtime.entry() as entry:
        return len(await rotation.rotate(entry, runtime.vault.sealer))


DUTIES = (
    Duty(send_mail, 1),
    Duty(backchannel.tell, 1),
    Duty(signals.gather, 0.5),
    Duty(pushes.deliver, 0.5),
    Duty(summoning.summon_citizens, 1),
    Duty(bringing_back.remind_citizens, 5),
    Duty(news.tell_citizens, 5),
    Duty(pinging.ping_services, 1),
    Duty(fetch_logos, 5),
    Duty(chain_journal, 5),
    Duty(grow_ledger, 5),
    Duty(erasing.erase, 5),
    Duty(making.make, 2),
    Duty(expire_consents, 60),
    Duty(take_effect, 60),
    Duty(receipt.sign_missing, 5),
    Duty(reminding.remind_citizens, 600),
    Duty(purge, 60),
    Duty(rotate_keys, 3600),
    Duty(draw_keys, 60),
)


async def run(runtime: Runtime) -> None:
    """Do every duty, until cancelled."""
    async with asyncio.TaskGroup() as group:
        # What it signs must be by the keys of now: a rotation may be another worker's.
        group.create_task(runtime.keep_keys_fresh())
        for duty in DUTIES:
            group.create_task(_repeat(runtime, duty))


async def _repeat(runtime: Runtime, duty: Duty) -> None:
    while True:
        try:
            done = await duty.run(runtime)
            if done:
                log.info("duty done", extra={"duty": duty.run.__name__, "count": done})
        except Exception:
            log.exception("duty failed", extra={"duty": duty.run.__name__})
        await asyncio.sleep(duty.every)


def _letter(runtime: Runtime, notice: notices.Notice) -> Letter:
    settings = runtime.settings
    text = render.text(
        notice.locale,
        f"mail/{notice.template}.txt",
        issuer=settings.issuer,
        operator=settings.operator,
        **notice.fields,
    )
    subject, _, body = text.partition("\n")
    return Letter(
        to=notice.email, subject=subject.strip(), body=body.lstrip("\n"), locale=notice.locale
    )
