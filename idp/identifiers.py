"""Identifiers: e-mail addresses that a citizen proved to be theirs.

An address is sealed under its citizen's own key; it is found again by a keyed digest of its
folded form, so the table can't be searched by whoever steals it. What folds as another
address does but is a mailbox of its own is refused, and mail goes to the address that was
proved, never to another spelling that finds it.

Specs: RFC 5321, RFC 5322 (a subset), IDNA 2008.
"""

import hashlib
import hmac
import re
import string
import unicodedata
from contextlib import suppress
from uuid import UUID

import idna
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import attributes, person_keys, tables
from idp.errors import IdentifierInvalid, IdentifierTaken, ValueRefused
from idp.events import EmailAdded
from idp.values import texts
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.vault import Vault

LONGEST = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}")

_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}

_identifiers, _keys = tables.identifiers.c, tables.person_keys.c

FIND = statement(
    sa.select(_identifiers.account_id).where(
        _identifiers.kind == "email", _identifiers.lookup == sa.bindparam("wanted")
    )
)
_opening = (
    sa.select(_identifiers.id, _identifiers.sealed, _identifiers.account_id, _keys.wrapped)
).outerjoin_from(
    tables.identifiers, tables.person_keys, _keys.account_id == _identifiers.account_id
)
PROVED = statement(
    _opening.where(_identifiers.kind == "email", _identifiers.lookup == sa.bindparam("wanted"))
)
ADD = statement(
    pg.insert(tables.identifiers)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        kind="email",
        lookup=sa.bindparam("lookup"),
        sealed=sa.bindparam("sealed"),
        proved_at=sa.bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(_identifiers.id)
)
AFTER = statement(
    _opening.where(_identifiers.id > sa.bindparam("after", type_=sa.Uuid))
    .order_by(_identifiers.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
RESEAL = statement(
    sa.update(tables.identifiers)
    .where(_identifiers.id == sa.bindparam("row"), _identifiers.sealed == sa.bindparam("was"))
    .values(sealed=sa.bindparam("anew"))
)
FORGET = statement(
    sa.delete(tables.identifiers).where(_identifiers.account_id == sa.bindparam("of_account"))
)
LISTED = statement(
    _opening.where(_identifiers.account_id == sa.bindparam("of_account")).order_by(
        _identifiers.proved_at
    )
)


def normalise_email(text: str) -> str:
    """Return the address as it is kept: its domain in lower case, its local part as typed.

    :raises IdentifierInvalid: not one address, or one that mail servers read differently
    """
    typed = text.strip()
    text = unicodedata.normalize("NFC", typed)
    local, at, domain = text.rpartition("@")
    if not at or len(text) > LONGEST or not _LOCAL.fullmatch(local) or ".." in local:
        raise IdentifierInvalid
    if not _is_itself(typed.rpartition("@")[0]):
        raise IdentifierInvalid
    if local.startswith(".") or local.endswith(".") or "." not in domain:
        raise IdentifierInvalid
    if domain.rstrip(".").rpartition(".")[2].isdecimal():
        raise IdentifierInvalid  # an IP address, not a name
    try:
        local.encode()  # half a surrogate pair is no letter
        spelled = idna.encode(domain.rstrip("."), uts46=True).decode()
        # What can't be kept as a claim must fail here, before a code is sent to it.
        return texts.email(f"{local}@{spelled.lower()}")
    except (idna.IDNAError, UnicodeError, ValueRefused) as error:
        raise IdentifierInvalid from error


def lookup(vault: Vault, email: str) -> bytes:
    """Return the keyed digest by which an address is found; case makes no difference."""
    return hmac.digest(vault.blind_index, b"email " + _folded(email).encode(), hashlib.sha256)


def same(one: str, other: str) -> bool:
    """Whether two spellings differ in ASCII case alone, so that both are one mailbox."""
    return one.translate(_LOWER) == other.translate(_LOWER)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_itself(local: str) -> bool:
    """Whether folding changes ASCII case alone: a long s is a mailbox that s is not."""
    # Accents may be typed as letters of their own; a Kelvin sign may not pass for a K.
    if not any(unicodedata.is_normalized(form, local) for form in ("NFKC", "NFKD")):
        return False
    return same(unicodedata.normalize("NFC", local), _folded(local))


async def find_account(entry: Entry, vault: Vault, email: str) -> UUID | None:
    """Return whose address it is."""
    row = await entry.one(FIND, wanted=lookup(vault, email))
    return UUID(bytes=row["account_id"].bytes) if row else None


async def as_proved(entry: Entry, vault: Vault, email: str) -> str:
    """Return where mail for ``email`` goes: as its account proved it, as given if none has it."""
    row = await entry.one(PROVED, wanted=lookup(vault, email))
    return _opened(vault, row) if row else email


async def add(entry: Entry, vault: Vault, account_id: UUID, email: str) -> None:
    """Give the account an address that was proved.

    :raises IdentifierTaken: another account has it, or this one already
    :raises AccountNotOpen: there is nobody to give it to
    """
    row_id = opaque.new_id()
    key = await attributes.data_key(entry, vault, account_id)
    added = await entry.one(
        ADD,
        id=row_id,
        account_id=account_id,
        lookup=lookup(vault, email),
        sealed=key.seal(email.encode(), "idp.identifiers", str(row_id)),
        at=entry.at,
    )
    if added is None:
        raise IdentifierTaken
    by = f"account:{account_id}"
    for claim, value in (("email", email), ("email_verified", True)):
        await attributes.record(
            entry, vault, account_id, claim, value, source_type="self", verified=True, by=by
        )
    whom = f"account:{account_id}"
    entry.record(EmailAdded(whom, whom))


async def emails(entry: Entry, vault: Vault, account_id: UUID) -> list[str]:
    """Return the account's addresses, the first proved first."""
    return [_opened(vault, row) for row in await entry.all(LISTED, of_account=account_id)]


async def reseal(entry: Entry, vault: Vault, after: UUID, most: int = 500) -> UUID | None:
    """Put addresses that are under the master key under their citizens' own; the next ``after``.

    :param after: where the batch begins, by id; all zeros first
    """
    rows = await entry.all(AFTER, after=after, most=most)
    for row in rows:
        if row["wrapped"] is None:
            continue
        row_id, account_id = (UUID(bytes=row[name].bytes) for name in ("id", "account_id"))
        key, place = person_keys.unwrap(vault, account_id, row["wrapped"]), str(row_id)
        with suppress(NotSealedHere):
            plain = vault.sealer.open(row["sealed"], "idp.identifiers", place)
            anew = key.seal(plain, "idp.identifiers", place)
            await entry.run(RESEAL, row=row_id, was=row["sealed"], anew=anew)
    return UUID(bytes=rows[-1]["id"].bytes) if len(rows) == most else None


async def forget(entry: Entry, account_id: UUID) -> None:
    """Delete the account's addresses; whoever proves one may open another account with it."""
    await entry.run(FORGET, of_account=account_id)


def _opened(vault: Vault, row: Row) -> str:
    place = ("idp.identifiers", str(row["id"]))
    if row["wrapped"] is not None:
        key = person_keys.unwrap(vault, UUID(bytes=row["account_id"].bytes), row["wrapped"])
        with suppress(NotSealedHere):
            return key.open(row["sealed"], *place).decode()
    # Before citizens' keys had a table of their own, addresses were under the master key.
    return vault.sealer.open(row["sealed"], *place).decode()
