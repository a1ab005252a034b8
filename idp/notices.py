"""Notices: mails on their way, sealed until they are sent.

    queued ──due──▶ taken ──▶ sent │ tried again later │ expired unsent
                      └──its worker died: due again two minutes later

A mail may leave twice, if a worker dies between sending and noting it; never not at all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from idp import tables
from keys.entry import Entry, statement
from keys.vault import Vault

MOST_TRIES = 12
TURN = timedelta(minutes=2)  # for which a mail that was taken is its worker's alone
FIRST_PAUSE = timedelta(seconds=30)

_notices = tables.notices.c

ADD = statement(
    sa.insert(tables.notices).values(
        template=sa.bindparam("template"),
        locale=sa.bindparam("locale"),
        sealed=sa.bindparam("sealed"),
        queued_at=sa.bindparam("at"),
        due_at=sa.bindparam("due_at"),
        expires_at=sa.bindparam("expires_at"),
    )
)
_due = (
    sa.select(_notices.id)
    .where(
        _notices.sent_at.is_(None),
        _notices.due_at <= sa.bindparam("at", type_=tables.NOW),
        _notices.attempts < MOST_TRIES,
        sa.or_(
            _notices.expires_at.is_(None),
            _notices.expires_at > sa.bindparam("at", type_=tables.NOW),
        ),
    )
    .order_by(_notices.due_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(tables.notices)
    .where(_notices.id.in_(_due.scalar_subquery()))
    .values(due_at=sa.bindparam("again_at"))
    .returning(tables.notices)
)
SENT = statement(
    sa.update(tables.notices)
    .where(_notices.id == sa.bindparam("of_notice"))
    .values(sent_at=sa.bindparam("at"))
)
FAILED = statement(
    sa.update(tables.notices)
    .where(_notices.id == sa.bindparam("of_notice"))
    .values(attempts=_notices.attempts + 1, due_at=sa.bindparam("again_at"))
)
PURGE = statement(
    sa.delete(tables.notices).where(
        sa.or_(
            _notices.sent_at < sa.bindparam("before", type_=tables.NOW),
            _notices.expires_at < sa.bindparam("before", type_=tables.NOW),
            sa.and_(
                _notices.attempts >= MOST_TRIES,
                _notices.due_at < sa.bindparam("before", type_=tables.NOW),
            ),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to be sent."""

    id: int
    template: str
    locale: str
    attempts: int
    email: str = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)


async def queue(
    entry: Entry,
    vault: Vault,
    *,
    template: str,
    locale: str,
    email: str,
    fields: Mapping[str, Any],
    expires_at: datetime | None = None,
) -> None:
    """Put a mail into the queue, in the transaction of what it tells about.

    :param expires_at: after this it is worthless and is not sent
    """
    payload = json.dumps({"email": email, "fields": dict(fields)}).encode()
    await entry.run(
        ADD,
        template=template,
        locale=locale,
        sealed=vault.sealer.seal(payload, "idp.notices", template),
        at=entry.at,
        due_at=entry.at,
        expires_at=expires_at,
    )


async def take(entry: Entry, vault: Vault, limit: int = 20) -> list[Notice]:
    """Take mails that are due; nobody else gets them for :data:`TURN`."""
    found = []
    for row in await entry.all(TAKE, at=entry.at, most=limit, again_at=entry.at + TURN):
        opened = json.loads(vault.sealer.open(row["sealed"], "idp.notices", row["template"]))
        found.append(
            Notice(
                id=row["id"],
                template=row["template"],
                locale=row["locale"],
                attempts=row["attempts"],
                email=opened["email"],
                fields=opened["fields"],
            )
        )
    return found


async def sent(entry: Entry, notice: Notice) -> None:
    """Note that the mail was accepted."""
    await entry.run(SENT, of_notice=notice.id, at=entry.at)


async def failed(entry: Entry, notice: Notice) -> None:
    """Try again later, each time twice as late."""
    pause = FIRST_PAUSE * 2 ** min(notice.attempts, 10)
    await entry.run(FAILED, of_notice=notice.id, again_at=entry.at + pause)


async def purge(entry: Entry) -> int:
    """Forget mails that were sent, or ran out, a day ago."""
    return await entry.run(PURGE, before=entry.at - timedelta(days=1))
