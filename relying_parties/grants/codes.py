"""Authorization codes: one short life, one use.

A code is drawn at random, handed to the citizen's browser and never stored: the
table holds its SHA-256 only, so a leaked database redeems nothing.

    issued ──redeem──▶ used ──redeem──▶ CodeReplayed (the family ends)
       ├─── wrong verifier or address, right client ──▶ ended
       └────60 s────▶ expired

Issuing and redeeming are one statement each, with the journal's row in it, and with the
use of the pushed request that a code answers. Both ask
the consent and the service as they are at that moment, so nothing comes to exist
without a living consent; a withdrawal at the same time waits for the code's row, or
makes this statement wait for it and find the family ended.

Specs: RFC 6749 §4.1.2 and §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1, FAPI 2.0 §5.3.2.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import journal, opaque
from keys.entry import Entry, Row, statement
from keys.gathering import asked, words
from relying_parties import pushed, tables
from relying_parties.errors import CodeReplayed, ConsentMissing
from relying_parties.events import CodeBurned, CodeReplayDetected
from relying_parties.grants import families
from relying_parties.grants.living import consent_lives, service_lives
from relying_parties.journalling import constant, fields, named

_codes, _tokens = tables.codes, tables.access_tokens


@dataclass(frozen=True, slots=True)
class Issue:
    """What a code will stand for.

    :ivar consent_id: ``None`` only if nothing but the subject is told
    :ivar challenge: PKCE S256; ``None`` only if the registration waives it
    :ivar claims: what may be read at userinfo; ``id_token_claims`` in the ID token
    :ivar lives: how long it may wait to be redeemed: its client's profile says so
    :ivar offline_until: when the consent that allows offline access ends
    :ivar jkt: thumbprint of the key that must redeem it, if it was named beforehand
    :ivar pushed: digest of the pushed request that this answers, to be used up with it
    """

    client_id: str
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID | None
    redirect_uri: str
    challenge: str | None
    nonce: str | None
    scope: str
    claims: Sequence[str]
    id_token_claims: Sequence[str]
    acr: str | None
    amr: Sequence[str]
    auth_time: datetime
    sid: str
    lives: timedelta
    offline_until: datetime | None = None
    jkt: str | None = None
    pushed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code stood for, and the access token that it became.

    :ivar code: digest, the name of the family
    :ivar claims: what the access token reads; both lists are within the consent as it is now
    :ivar managed: its answer names the grant
    :ivar details: authorization details as asked and agreed to; ``None`` if none were asked
    """

    access_token: str = field(repr=False)
    code: bytes = field(repr=False)
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID | None
    nonce: str | None
    scope: str
    claims: tuple[str, ...]
    id_token_claims: tuple[str, ...]
    acr: str | None
    amr: tuple[str, ...]
    auth_time: datetime
    sid: str
    offline: bool
    consent_expires_at: datetime | None
    expires_at: datetime  # of the access token
    details: Sequence[Mapping[str, Any]] | None = None
    managed: bool = False


_ISSUED = (
    *("digest", "client_id", "subject", "citizen", "consent_id", "redirect_uri", "challenge"),
    "jkt",
    *("nonce", "scope", "claims", "id_token_claims", "acr", "amr", "auth_time", "sid", "offline"),
    *("issued_at", "expires_at", "kept_until"),
)
_ORDERED = tuple(name for name in Issue.__slots__ if name in _ISSUED)


def _issue() -> sa.Executable:
    listed = {name for name in _ISSUED if isinstance(_codes.c[name].type, sa.ARRAY)}
    orders = asked(
        **{name: sa.Text() if name in listed else _codes.c[name].type for name in _ISSUED},
        pushed=sa.LargeBinary(),
    )
    given = {name: words(orders.c[name]) if name in listed else orders.c[name] for name in _ISSUED}
    living = (
        sa.select(
            *(value.label(name) for name, value in given.items()), orders.c.n, orders.c.pushed
        )
        .where(
            service_lives(given["client_id"]),
            consent_lives(
                given["consent_id"],
                *(given["claims"], given["id_token_claims"]),
                at=given["issued_at"],
            ),
        )
        .cte("living")
    )
    # Of two orders that answer the same pushed request in one statement, one takes it.
    taken = pushed.taken(living).cte("taken")
    answers = living.outerjoin(taken, taken.c.n == living.c.n)
    answered = sa.or_(living.c.pushed.is_(None), taken.c.n.is_not(None))
    told = (
        _codes.c[name] for name in ("digest", "subject", "client_id", "consent_id", "issued_at")
    )
    made = sa.select(*(living.c[name] for name in _ISSUED)).select_from(answers).where(answered)
    issued = sa.insert(_codes).from_select(_ISSUED, made).returning(*told).cte("issued")
    written = journal.cte(
        "CodeIssued",
        actor=named("subject", issued.c.subject),
        object=named("client", issued.c.client_id),
        fields=fields(consent=issued.c.consent_id),
        source=issued,
        at=issued.c.issued_at,
    )
    # Unnested again by their key alone: all twenty columns twice would be half of the work.
    keys = asked(digest=sa.LargeBinary())
    told_to = keys.join(issued, issued.c.digest == keys.c.digest)
    return sa.select(keys.c.n).select_from(told_to).add_cte(written)


def _redeem() -> sa.Executable:
    tries = asked(
        of_code=sa.LargeBinary(),
        of_client=sa.Text(),
        of_redirect=sa.Text(),
        proof=sa.Text(),
        at=tables.NOW,
        token=sa.LargeBinary(),
        token_expires=tables.NOW,
        cnf=pg.JSONB(),
    ).c
    used = (
        sa.update(_codes)
        .where(
            _codes.c.digest == tries.of_code,
            _codes.c.client_id == tries.of_client,
            _codes.c.redirect_uri == tries.of_redirect,
            # A plain comparison: both sides are SHA-256 of a secret that is used up by
            # this attempt, so what its timing tells can't be tried again.
            _codes.c.challenge.is_not_distinct_from(tries.proof),
            sa.or_(_codes.c.jkt.is_(None), _codes.c.jkt == tries.cnf.op("->>")(constant("jkt"))),
            _codes.c.used_at.is_(None),
            _codes.c.ended_at.is_(None),
            _codes.c.expires_at > tries.at,
            service_lives(_codes.c.client_id),
            consent_lives(_codes.c.consent_id, at=tries.at),
        )
        .values(used_at=tries.at)
        .returning(
            *(tries.n, tries.at, tries.token, tries.token_expires, tries.cnf),
            *(_codes.c[name] for name in ("digest", "client_id", "subject", "citizen")),
            *(_codes.c[name] for name in ("consent_id", "nonce", "scope", "claims", "acr", "amr")),
            *(_codes.c[name] for name in ("id_token_claims", "auth_time", "sid", "offline")),
            *(_codes.c.details, _codes.c.managed),
        )
        .cte("used")
    )
    token = (
        sa.insert(_tokens)
        .from_select(
            ["digest", "code", "client_id", "scope", "claims", "issued_at", "expires_at", "cnf"],
            sa.select(
                *(used.c.token, used.c.digest, used.c.client_id, used.c.scope, used.c.claims),
                *(used.c.at, used.c.token_expires, used.c.cnf),
            ),
        )
        .cte("token")
    )
    written = journal.cte(
        "TokensIssued",
        actor=named("client", used.c.client_id),
        object=named("subject", used.c.subject),
        fields=fields(consent=used.c.consent_id, grant=constant("code")),
        source=used,
        at=used.c.at,
    )
    agreed = tables.consents.c
    made = used.outerjoin(tables.consents, agreed.id == used.c.consent_id)
    told = (agreed.claims.label("agreed"), agreed.expires_at.label("consent_expires_at"))
    return sa.select(used, *told).select_from(made).add_cte(token, written)


ISSUE = statement(_issue())
REDEEM = statement(_redeem())

STATE = statement(
    sa.select(_codes.c.used_at, _codes.c.ended_at).where(
        _codes.c.digest == sa.bindparam("of_code"), _codes.c.client_id == sa.bindparam("of_client")
    )
)


async def issue(entry: Entry, order: Issue, code: str | None = None) -> str:
    """Make a code; the caller hands it to the browser, nothing of ours can show it again.

    :param code: what it is, where its client has it already
    :raises ConsentMissing: the consent does not cover the claims at this moment, or
        the service is not live, or the pushed request was answered before or ran out
    """
    code = code or opaque.handle()
    expires_at = entry.at + order.lives
    # Tokens of it die well within the day that a family is kept for after all of it is over.
    kept = max(expires_at, order.offline_until or entry.at) + families.KEPT
    given = {name: getattr(order, name) for name in _ORDERED}
    for name in ("claims", "id_token_claims", "amr"):
        given[name] = " ".join(given[name])
    made = await entry.together(
        ISSUE,
        **given,
        pushed=order.pushed,
        digest=opaque.digest(code),
        offline=order.offline_until is not None,
        issued_at=entry.at,
        expires_at=expires_at,
        kept_until=kept,
    )
    if not made:
        raise ConsentMissing
    return code


async def redeem(
    entry: Entry,
    code: str,
    *,
    client_id: str,
    redirect_uri: str,
    challenge: str | None,
    token_lives: timedelta,
    cnf: Mapping[str, str] | None = None,
) -> Redeemed | None:
    """Use ``code`` up, once, for ``client_id``, and make its access token.

    :param challenge: S256 of the verifier that the client sent; ``None`` if it sent none
    :param token_lives: of the access token, as the client's profile says
    :param cnf: the key that the access token is for (RFC 7800 §3.1); ``None`` for a bearer
    :returns: what the code stood for; a code that is unknown, expired, ended, another
        client's or proved wrong answers ``None`` alike
    :raises CodeReplayed: the code was used before; its family has been ended, and
        that is committed already
    """
    access_token = opaque.handle()
    digest = opaque.digest(code)
    expires_at = entry.at + token_lives
    rows = await entry.together(
        REDEEM,
        of_code=digest,
        of_client=client_id,
        of_redirect=redirect_uri,
        proof=challenge,
        at=entry.at,
        token=opaque.digest(access_token),
        token_expires=expires_at,
        cnf=cnf,
    )
    if not rows:
        await _refused(entry, digest, client_id)
        return None
    return _redeemed(rows[0], access_token, expires_at)


async def _refused(entry: Entry, digest: bytes, client_id: str) -> None:
    # Another client's attempt finds nothing here and changes nothing: a stolen code
    # must not let its thief spoil the sign-in of the one it belongs to.
    row = await entry.one(STATE, of_code=digest, of_client=client_id)
    if row is None:
        return
    ended = await families.end(entry, digest)
    if row["used_at"] is not None:
        if ended:
            entry.record(CodeReplayDetected(actor=f"client:{client_id}", object=None))
        await entry.commit()
        raise CodeReplayed
    if ended:
        # The right client with a wrong verifier or address: a code injected into its
        # own flow. One guess is all there is.
        entry.record(CodeBurned(actor=f"client:{client_id}", object=None))
        await entry.commit()


def _redeemed(row: Row, access_token: str, expires_at: datetime) -> Redeemed:
    agreed = frozenset(row["agreed"] or ())
    return Redeemed(
        access_token=access_token,
        code=row["digest"],
        subject=row["subject"],
        citizen=row["citizen"],
        consent_id=row["consent_id"],
        nonce=row["nonce"],
        scope=row["scope"],
        claims=tuple(name for name in row["claims"] if name in agreed),
        id_token_claims=tuple(name for name in row["id_token_claims"] if name in agreed),
        acr=row["acr"],
        amr=tuple(row["amr"]),
        auth_time=row["auth_time"],
        sid=row["sid"],
        offline=row["offline"],
        consent_expires_at=row["consent_expires_at"],
        expires_at=expires_at,
        details=row["details"],
        managed=bool(row["managed"]),
    )
