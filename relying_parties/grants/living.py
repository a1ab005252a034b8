"""Does the service live, does the consent? What every statement of this package asks, in SQL.

Written once, so that no grant can forget either. Constants stand in the SQL itself, since a
parameter would hide them from the planner.
"""

from typing import Any

import sqlalchemy as sa

from relying_parties import tables
from relying_parties.consent_records import ACTIVE
from relying_parties.journalling import constant

LIVE = constant("live")

_ZERO = sa.literal_column("0", sa.Integer)

_clients, _consents = tables.clients.c, tables.consents.c


def service_lives(client_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the service is neither suspended nor retired."""
    return sa.exists().where(_clients.client_id == client_id, _clients.status == LIVE)


def consent_lives(
    consent_id: sa.ColumnElement[Any],
    *claims: sa.ColumnElement[Any],
    at: sa.ColumnElement[Any] | None = None,
) -> sa.ColumnElement[bool]:
    """Whether the consent is in force and covers all ``claims``.

    Without a consent there is nothing to read but the subject: then ``claims`` are empty.

    :param at: the moment; without it, the statement needs a parameter ``at``
    """
    # A scalar and no EXISTS: beside an OR the planner would hash every active consent there is.
    lives = (
        sa.select(sa.true())
        .where(
            _consents.id == consent_id,
            _consents.state == ACTIVE,
            _consents.expires_at > (sa.bindparam("at", type_=tables.NOW) if at is None else at),
            *(_consents.claims.contains(each) for each in claims),
        )
        .scalar_subquery()
    )
    bare = sa.and_(consent_id.is_(None), *(sa.func.cardinality(each) == _ZERO for each in claims))
    return sa.or_(bare, lives)
