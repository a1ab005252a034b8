"""The rows behind refresh tokens: a use of one writes, in one statement, all that comes of it.

The verbs stand in :mod:`relying_parties.grants.refresh_tokens`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import journal
from keys.entry import statement
from relying_parties import tables
from relying_parties.grants.living import consent_lives, service_lives
from relying_parties.journalling import constant, fields, named

# What a token of a public client is for, by the member of its confirmation.
BOUND = {"jkt": tables.refresh_tokens.c.jkt, "x5t#S256": tables.refresh_tokens.c.x5t}

_r, _codes, _consents = tables.refresh_tokens.c, tables.codes.c, tables.consents.c

_SPACE = constant(" ")
_WANTED = sa.bindparam("wanted", type_=sa.Text)
_WITHOUT = sa.bindparam("without", type_=pg.ARRAY(sa.Text))
_CNF = sa.bindparam("cnf", type_=pg.JSONB)

START = statement(
    sa.insert(tables.refresh_tokens).values(
        {
            name: sa.bindparam(name)
            for name in (
                *("digest", "code", "client_id", "scope"),
                *("issued_at", "idle_until", "expires_at", "jkt", "x5t"),
            )
        }
    )
)


def _use(kind: str) -> sa.Executable:
    at = sa.bindparam("at", type_=tables.NOW)
    idle = sa.func.least(_r.expires_at, sa.bindparam("idle", type_=tables.NOW))
    agreed = sa.select(_consents.claims).where(_consents.id == _codes.consent_id)
    values: dict[str, dict[str, Any]] = {
        "use": {"used_at": at, "idle_until": idle},
        "rotate": {"used_at": at, "replaced_at": at},
        # The answer of a rotation was lost: its token is told again and is still unused.
        "tell again": {"idle_until": idle},
    }
    used = (
        sa.update(tables.refresh_tokens)
        .where(
            _r.digest == sa.bindparam("of_token"),
            _r.client_id == sa.bindparam("of_client"),
            _r.revoked_at.is_(None),
            _r.replaced_at.is_(None),
            _r.idle_until > at,
            _r.expires_at > at,
            _codes.digest == _r.code,
            _codes.ended_at.is_(None),
            # A narrower scope may be asked for, never a wider one.
            sa.func.string_to_array(sa.func.coalesce(_WANTED, _r.scope), _SPACE).op("<@")(
                sa.func.string_to_array(_r.scope, _SPACE)
            ),
            *(
                sa.or_(bound.is_(None), bound == _CNF.op("->>")(constant(member)))
                for member, bound in BOUND.items()
            ),
            service_lives(_r.client_id),
            consent_lives(_codes.consent_id),
        )
        .values(values[kind])
        .returning(
            *(_r.code, _r.client_id, _r.scope, _r.expires_at, *BOUND.values()),
            *(_codes.subject, _codes.citizen, _codes.consent_id, _codes.claims),
            *(_codes.id_token_claims, _codes.acr, _codes.amr, _codes.auth_time, _codes.sid),
            *(_codes.details, _codes.managed),
            agreed.scalar_subquery().label("agreed"),
        )
        .cte("used")
    )
    parts = [_access(used)]
    if kind == "rotate":
        parts.append(_successor(used))
    written = journal.cte(
        "TokensIssued",
        actor=named("client", used.c.client_id),
        object=named("subject", used.c.subject),
        fields=fields(consent=used.c.consent_id, grant=constant("refresh")),
        source=used,
    )
    return sa.select(used).add_cte(*parts, written)


def _access(used: sa.CTE) -> sa.CTE:
    kept = sa.select(sa.func.unnest(used.c.claims)).except_(sa.select(sa.func.unnest(_WITHOUT)))
    return (
        sa.insert(tables.access_tokens)
        .from_select(
            ["digest", "code", "client_id", "scope", "claims", "issued_at", "expires_at", "cnf"],
            sa.select(
                sa.bindparam("access", type_=sa.LargeBinary),
                *(used.c.code, used.c.client_id, sa.func.coalesce(_WANTED, used.c.scope)),
                sa.case(
                    (_WITHOUT.is_(None), used.c.claims),
                    else_=sa.func.array(kept.scalar_subquery()),
                ),
                sa.bindparam("at", type_=tables.NOW),
                sa.bindparam("access_expires", type_=tables.NOW),
                _CNF,
            ),
        )
        .cte("access")
    )


def _successor(used: sa.CTE) -> sa.CTE:
    at = sa.bindparam("at", type_=tables.NOW)
    idle = sa.func.least(used.c.expires_at, sa.bindparam("idle", type_=tables.NOW))
    return (
        sa.insert(tables.refresh_tokens)
        .from_select(
            [
                "digest",
                "code",
                "client_id",
                "scope",
                "issued_at",
                "idle_until",
                "expires_at",
                *(bound.name for bound in BOUND.values()),
            ],
            sa.select(
                sa.bindparam("next", type_=sa.LargeBinary),
                *(used.c.code, used.c.client_id, used.c.scope),
                *(at, idle, used.c.expires_at),
                *(used.c[bound.name] for bound in BOUND.values()),
            ),
        )
        .cte("successor")
    )


USE = statement(_use("use"))
ROTATE = statement(_use("rotate"))
TELL_AGAIN = statement(_use("tell again"))

STATE = statement(
    sa.select(_r.code, _r.replaced_at, _r.scope, _codes.subject)
    .join_from(tables.refresh_tokens, tables.codes, _codes.digest == _r.code)
    .where(
        _r.digest == sa.bindparam("of_token"),
        _r.client_id == sa.bindparam("of_client"),
        _r.revoked_at.is_(None),
    )
)

UNUSED = statement(
    sa.select(_r.digest).where(
        _r.digest == sa.bindparam("of_token"), _r.used_at.is_(None), _r.revoked_at.is_(None)
    )
)
