"""Browser tokens: access tokens that the authorization endpoint hands out itself.

They join the family of the code of the same answer, whether or not the client gets that
code: so they end with it, with the session and with the consent, and are found, told of
and taken back like any other. They are bearer tokens: a browser proves no key.

Specs: OpenID Connect Core §3.2.2.5 and §3.3.2.5, RFC 6749 §4.2.2.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from keys import journal, opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.errors import ConsentMissing
from relying_parties.grants.living import consent_lives, service_lives
from relying_parties.journalling import constant, fields, named

_tokens, _codes = tables.access_tokens, tables.codes.c
_t = _tokens.c

_OF_CODE = ("client_id", "scope", "claims")
_GIVEN = ("digest", "issued_at", "expires_at")


def _issue() -> sa.Executable:
    given = {name: sa.bindparam(name, type_=_t[name].type) for name in _GIVEN}
    living = sa.select(*given.values(), _codes.digest, *(_codes[name] for name in _OF_CODE)).where(
        _codes.digest == sa.bindparam("of_code"),
        _codes.ended_at.is_(None),
        service_lives(_codes.client_id),
        consent_lives(_codes.consent_id, at=given["issued_at"]),
    )
    issued = (
        sa.insert(_tokens)
        .from_select([*_GIVEN, "code", *_OF_CODE], living)
        .returning(_t.client_id, _t.code, _t.issued_at)
        .cte("issued")
    )
    whom = issued.join(tables.codes, _codes.digest == issued.c.code)
    written = journal.cte(
        "TokensIssued",
        actor=named("client", issued.c.client_id),
        object=named("subject", _codes.subject),
        fields=fields(consent=_codes.consent_id, grant=constant("implicit")),
        source=whom,
        at=issued.c.issued_at,
    )
    return sa.select(issued).add_cte(written)


ISSUE = statement(_issue())


@dataclass(frozen=True, slots=True)
class Issued:
    """A token for the browser, and when it ends."""

    access_token: str = field(repr=False)
    expires_at: datetime


async def issue(entry: Entry, code: str, *, lives: timedelta) -> Issued:
    """Make a token of the family of ``code``, which was made for the same answer.

    :raises ConsentMissing: the family, the consent or the service ended meanwhile
    """
    token, expires_at = opaque.handle(), entry.at + lives
    made = await entry.one(
        ISSUE,
        digest=opaque.digest(token),
        of_code=opaque.digest(code),
        issued_at=entry.at,
        expires_at=expires_at,
    )
    if made is None:
        raise ConsentMissing
    return Issued(token, expires_at)
