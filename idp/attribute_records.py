"""The rows behind attributes: what counts of a citizen's, and how one takes another's place.

The verbs stand in :mod:`idp.attributes`.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from keys.entry import statement
from keys.gathering import asked, words

_attributes = tables.attributes.c
_accounts, _keys = tables.accounts.c, tables.person_keys.c

_columns = (
    _attributes.id,
    _attributes.claim,
    _attributes.sealed,
    _attributes.source_type,
    _attributes.source,
    _attributes.verified,
    _attributes.verification,
    _attributes.verified_at,
    _attributes.verification_ends_at,
    _attributes.recorded_at,
    _attributes.valid_from,
    _attributes.valid_until,
    _attributes.status,
    _attributes.version,
)
_head = (_accounts.status.label("account_status"), _keys.wrapped, _accounts.ial)
DISPUTED = "disputed"
# As the index spells it: with parameters it would not be one that the planner knows.
CURRENT = sa.literal_column("idp.attributes.status IN ('active', 'disputed', 'coming')", sa.Boolean)


def _join(*where: sa.ColumnElement[bool]) -> sa.FromClause:
    return sa.outerjoin(
        tables.accounts.outerjoin(tables.person_keys, _keys.account_id == _accounts.id),
        tables.attributes,
        sa.and_(
            _attributes.account_id == _accounts.id,
            CURRENT,
            *where,
        ),
    )


READ = statement(
    sa.select(*_head, *_columns)
    .select_from(
        _join(_attributes.claim == sa.any_(sa.bindparam("claims", type_=pg.ARRAY(sa.Text))))
    )
    .where(_accounts.id == sa.bindparam("of_account"))
)
_asked = asked(of_account=sa.Uuid(), claims=sa.Text())
VALUES = statement(
    sa.select(
        _asked.c.n,
        *_head,
        *(_attributes.id, _attributes.claim, _attributes.sealed, _attributes.recorded_at),
        *(_attributes.verified, _attributes.verified_at, _attributes.verification_ends_at),
        *(_attributes.valid_from, _attributes.valid_until, _attributes.status),
    ).select_from(
        _asked.join(tables.accounts, _accounts.id == _asked.c.of_account)
        .outerjoin(tables.person_keys, _keys.account_id == _accounts.id)
        .outerjoin(
            tables.attributes,
            sa.and_(
                _attributes.account_id == _accounts.id,
                CURRENT,
                _attributes.claim == sa.any_(words(_asked.c.claims)),
            ),
        )
    )
)
ALL = statement(
    sa.select(*_head, *_columns)
    .select_from(_join())
    .where(_accounts.id == sa.bindparam("of_account"))
)
_expected = sa.bindparam("expected", type_=sa.Integer)
_was = tables.attributes.alias("was")
_old = (
    sa.select(_was.c.id, _was.c.sealed, _was.c.status, _was.c.version)
    .where(
        _was.c.account_id == sa.bindparam("of_account"),
        _was.c.claim == sa.bindparam("of_claim"),
        _was.c.verified == sa.bindparam("of_verified"),
        _was.c.version == sa.func.coalesce(_expected, _was.c.version),
        sa.or_(_was.c.status == "active", _was.c.status == DISPUTED),
    )
    .with_for_update()
    .subquery("old")
)
SUPERSEDE = statement(
    sa.update(tables.attributes)
    .where(_attributes.id == _old.c.id)
    .values(
        status="superseded",
        valid_until=sa.func.coalesce(_attributes.valid_until, sa.bindparam("left", type_=sa.Date)),
    )
    .returning(_old.c.id, _old.c.sealed, _old.c.status, _old.c.version)
)
LOOK = statement(
    sa.select(_old.c.id, _old.c.sealed, _old.c.status, _old.c.version).select_from(_old)
)
ADD = statement(
    pg.insert(tables.attributes)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        claim=sa.bindparam("claim"),
        sealed=sa.bindparam("sealed"),
        source_type=sa.bindparam("source_type"),
        source=sa.bindparam("source"),
        verified=sa.bindparam("verified"),
        verification=sa.bindparam("verification"),
        verified_at=sa.bindparam("verified_at"),
        verification_ends_at=sa.bindparam("verification_ends_at"),
        valid_from=sa.bindparam("valid_from"),
        valid_until=sa.bindparam("valid_until"),
        recorded_at=sa.bindparam("at"),
        recorded_by=sa.bindparam("recorded_by"),
        status=sa.bindparam("status"),
        change_kind=sa.bindparam("change_kind"),
        version=sa.bindparam("version"),
    )
    .on_conflict_do_nothing()
    .returning(_attributes.id)
)
KEY = statement(
    sa.select(_accounts.status.label("account_status"), _keys.wrapped)
    .join_from(tables.accounts, tables.person_keys, _keys.account_id == _accounts.id)
    .where(_accounts.id == sa.bindparam("of_account"))
)
