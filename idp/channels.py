"""Channels: how citizens are told of what, and what they want to find in their account alone.

    something happens ──its kind──▶ mail │ the account (its page says it all the same)

A kind is a row: the mails that it is made of, and whether a citizen may leave them out. What
keeps an account safe is mailed to everybody, whatever they chose: whoever took the account
could silence it. The next channel is a word here, and what sends by it; the next kind a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from idp.errors import ChannelRefused
from idp.events import ChannelsChosen
from keys.entry import Entry, statement

CHANNELS = MAIL, ACCOUNT = "mail", "account"


@dataclass(frozen=True, slots=True)
class Kind:
    """Notices that are chosen together.

    :ivar templates: of the mails
    :ivar silent: a citizen may have them in the account alone
    """

    name: str
    templates: tuple[str, ...]
    silent: bool = True


KINDS = (
    Kind("requests", ("request-waiting", "request-reminder")),
    Kind("progress", ("request-moved",)),
    Kind("corrections", ("correction-proposed",)),
    Kind("sharing", ("sharing-ends",)),
    # Whoever sits at an open browser could share, or agree beforehand, and silence the word of it.
    Kind("done", ("first-share", "approved-in-advance"), silent=False),
    Kind(
        "security",
        (
            *("account-gone", "account-kept", "account-leaving", "create-code", "create-known"),
            *("export-ready", "invited", "new-sign-in", "passkey-added", "passkey-removed"),
            *("passkey-suspected", "password-changed", "recover-code", "recover-unknown"),
            *("recovery-started", "sign-in-code", "token-copied"),
        ),
        silent=False,
    ),
)
_OF: Mapping[str, Kind] = {template: kind for kind in KINDS for template in kind.templates}

_c = tables.notice_channels.c
CHOSEN = statement(
    sa.select(_c.kind, _c.channel).where(_c.account_id == sa.bindparam("of_account"))
)
_new = pg.insert(tables.notice_channels).values(
    {name: sa.bindparam(name) for name in ("account_id", "kind", "channel")}
)
CHOOSE = statement(
    _new.on_conflict_do_update(
        index_elements=["account_id", "kind"], set_={"channel": _new.excluded.channel}
    )
)


async def chosen(entry: Entry, account_id: UUID) -> dict[str, str]:
    """Return the channel of each kind; mail unless the citizen wants it otherwise."""
    rows = await entry.all(CHOSEN, of_account=account_id)
    wishes = {row["kind"]: row["channel"] for row in rows}
    return {one.name: wishes.get(one.name, MAIL) if one.silent else MAIL for one in KINDS}


async def by_mail(entry: Entry, account_id: UUID, template: str) -> bool:
    """Whether the mail ``template`` goes to this citizen."""
    kind = _OF[template]
    return not kind.silent or (await chosen(entry, account_id))[kind.name] == MAIL


async def choose(entry: Entry, account_id: UUID, wishes: Mapping[str, str]) -> None:
    """Write down how a citizen wants to be told.

    :raises ChannelRefused: no such kind, no such channel, or a kind that is always mailed
    """
    known = {one.name for one in KINDS if one.silent}
    if not wishes.keys() <= known or not set(wishes.values()) <= set(CHANNELS):
        raise ChannelRefused
    before = await chosen(entry, account_id)
    changed = {name: channel for name, channel in wishes.items() if before[name] != channel}
    for name, channel in sorted(changed.items()):
        await entry.run(CHOOSE, account_id=account_id, kind=name, channel=channel)
    if changed:
        whom = f"account:{account_id}"
        entry.record(ChannelsChosen(actor=whom, object=whom, kinds=sorted(changed)))
