"""sign-ins.json: how and where the citizen signs in, how they are told, and what happened.

Of events that are about somebody else, as those of an administrator's work, only the kind
is told: they are not the citizen's to take along.
"""

from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import FLAG, MOMENT, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from idp import authenticators, channels, holdings
from idp.authenticators import passkeys
from keys import journal
from keys.journal import Journalled

NAME = "sign-ins"
SOME = 500  # events in one look

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    password=FLAG,
    passkeys=many(
        shapes.record(name=TEXT, device=TEXT, created_at=MOMENT, last_used_at=maybe(MOMENT))
    ),
    sessions=many(
        shapes.record(
            kind=TEXT,
            device=TEXT,
            amr=many(TEXT),
            started_at=MOMENT,
            seen_at=MOMENT,
            expires_at=MOMENT,
            ended_at=maybe(MOMENT),
        )
    ),
    devices=many(shapes.record(seen_at=MOMENT, expires_at=MOMENT)),
    told=OBJECT,
    activity=many(
        shapes.record(
            at=MOMENT,
            kind=TEXT,
            by=shapes.one_of("you", "the gateway", "somebody else"),
            fields=OBJECT,
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down the ways in and what was done with them."""
    entry, account_id = whose.entry, whose.account.id
    told = {
        "format": shapes.called(NAME),
        "password": (await authenticators.enrolled(entry, account_id)).password,
        "passkeys": [
            {
                "name": one.name,
                "device": one.device,
                "created_at": one.created_at,
                "last_used_at": one.last_used_at,
            }
            for one in await passkeys.listed(entry, account_id)
        ],
        "sessions": [dict(row.items()) for row in await holdings.sessions(entry, account_id)],
        "devices": [dict(row.items()) for row in await holdings.devices(entry, account_id)],
        "told": await channels.chosen(entry, account_id),
        "activity": await _activity(whose),
    }
    return {f"{NAME}.json": spell(told)}


async def _activity(whose: Whose) -> list[dict[str, Any]]:
    whom, before = f"account:{whose.account.id}", 2**62
    found: list[dict[str, Any]] = []
    while events := await journal.about(whose.entry, whom, before=before, limit=SOME):
        found += [_event(one, whom) for one in events]
        before = events[-1].seq
    return found


def _event(one: Journalled, whom: str) -> dict[str, Any]:
    by = "you" if one.actor == whom else "somebody else" if one.actor else "the gateway"
    fields = one.fields if one.object == whom else {}
    return {"at": one.at, "kind": one.kind, "by": by, "fields": fields}


PART = Part(
    NAME,
    N_("How and where you sign in, and what happened"),
    ("passkeys", "passwords", "sessions", "known_devices", "notice_channels"),
    SCHEMA,
    gather,
)
