"""What a part of the file is, and whose file it is."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from gateway.oauth import locking
from gateway.runtime import Runtime
from gateway.web.locale import translations
from idp import accounts, attributes
from idp.accounts import Account
from idp.errors import AccountNotOpen
from idp.exports import Export
from keys.entry import Entry
from keys.sealing import DataKey

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Whose:
    """The citizen whose file it is, for one unit of work.

    :ivar subjects: who they are to each sector of services
    """

    runtime: Runtime
    entry: Entry
    account: Account
    key: DataKey = field(repr=False)
    subjects: frozenset[str]
    locale: str

    def gettext(self, text: str) -> str:
        """Say ``text`` in the citizen's language."""
        return translations(self.locale).gettext(text)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the file.

    :ivar name: of its JSON, or of the folder of it; ``schemas/<name>.schema.json`` describes it
    :ivar about: what the README says of it
    :ivar tells: tables whose rows of the citizen it tells
    """

    name: str
    about: str
    tells: tuple[str, ...]
    schema: Mapping[str, Any]
    gather: Callable[[Whose], Awaitable[Files]]


async def whose(runtime: Runtime, entry: Entry, one: Export) -> Whose:
    """Return the citizen who asked for ``one``.

    :raises AccountNotOpen: locked or closed meanwhile
    """
    account = await accounts.find(entry, one.account_id)
    if account is None:
        raise AccountNotOpen
    key = await attributes.data_key(entry, runtime.vault, one.account_id)
    subjects = await locking.subjects(entry, runtime.vault, one.account_id)
    return Whose(runtime, entry, account, key, subjects, one.locale)


def spell(told: Mapping[str, Any]) -> bytes:
    """Write JSON as a person can read it, too."""
    return json.dumps(told, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
