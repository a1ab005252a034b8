"""The rows behind onboarding: versions of registrations, and the one in force of each service.

The verbs stand in :mod:`relying_parties.onboarding`.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import statement
from relying_parties import tables

_v, _c = tables.registrations.c, tables.clients.c
_OF_CLIENT = _v.client_id == sa.bindparam("of_client")
_SHOWN = (
    *(_v.client_id, _v.version, _v.document, _v.state, _v.author, _v.changed_at),
    *(_v.submitted_at, _v.submitted_by, _v.decided_at, _v.decided_by, _v.reason),
)

ADD_CLIENT = statement(
    pg.insert(tables.clients)
    .values(
        client_id=sa.bindparam("client_id"),
        agency_id=sa.bindparam("agency_id"),
        status="draft",
        version=0,
        registration=sa.bindparam("registration"),
        created_at=sa.bindparam("created_at"),
    )
    .on_conflict_do_nothing()
)

# Versions are counted under this lock, and decided under it.
LOCK = statement(
    sa.select(_c.agency_id, _c.status, _c.version, _c.registration)
    .where(_c.client_id == sa.bindparam("client_id"))
    .with_for_update()
)

NEXT = statement(
    sa.select((sa.func.coalesce(sa.func.max(_v.version), 0) + 1).label("version")).where(_OF_CLIENT)
)

ADD = statement(
    sa.insert(tables.registrations).values(
        {
            name: sa.bindparam(name)
            for name in ("client_id", "version", "document", "state", "author", "changed_at")
        }
    )
)

FIND = statement(sa.select(*_SHOWN).where(_OF_CLIENT, _v.version == sa.bindparam("of_version")))
VERSIONS = statement(sa.select(*_SHOWN).where(_OF_CLIENT).order_by(_v.version.desc()))
WAITING = statement(
    sa.select(*_SHOWN).where(_v.state == "submitted").order_by(_v.submitted_at, _v.client_id)
)
NEWEST = statement(
    sa.select(*_SHOWN, _c.agency_id, _c.status, _c.version.label("in_force"))
    .ext(pg.distinct_on(_v.client_id))
    .join_from(tables.registrations, tables.clients, _c.client_id == _v.client_id)
    .order_by(_v.client_id, _v.version.desc())
)

SUBMIT = statement(
    sa.update(tables.registrations)
    .where(_OF_CLIENT, _v.version == sa.bindparam("of_version"), _v.state == "draft")
    .values(
        state="submitted",
        submitted_at=sa.bindparam("at"),
        submitted_by=sa.bindparam("asker"),
    )
    .returning(_v.version)
)

_of_version = sa.bindparam("of_version", type_=sa.Integer)
HAND = statement(
    sa.select(_v.version)
    .join_from(tables.registrations, tables.clients, _c.client_id == _v.client_id)
    .where(
        _OF_CLIENT,
        sa.or_(
            sa.and_(
                _v.author == sa.bindparam("whose", type_=sa.Text),
                _v.version > _c.version,
                _v.version <= _of_version,
            ),
            sa.and_(
                _v.submitted_by == sa.bindparam("whose", type_=sa.Text),
                _v.version == _of_version,
            ),
        ),
    )
    .limit(1)
)

DECIDE = statement(
    sa.update(tables.registrations)
    .where(_OF_CLIENT, _v.version == sa.bindparam("of_version"), _v.state == "submitted")
    .values(
        state=sa.bindparam("verdict"),
        decided_at=sa.bindparam("at"),
        decided_by=sa.bindparam("judge"),
        reason=sa.bindparam("why", type_=sa.Text),
    )
    .returning(_v.document)
)

SUPERSEDE = statement(
    sa.update(tables.registrations)
    .where(
        _OF_CLIENT,
        _v.version != sa.bindparam("of_version"),
        _v.state == sa.any_(sa.bindparam("states", type_=pg.ARRAY(sa.Text))),
        _v.version < sa.bindparam("of_version"),
    )
    .values(state="superseded")
)

# A suspended service stays suspended when its next version is approved.
PUT_IN_FORCE = statement(
    sa.update(tables.clients)
    .where(_c.client_id == sa.bindparam("of_client"), _c.status != "retired")
    .values(
        registration=sa.bindparam("document"),
        resource=sa.bindparam("resource", type_=sa.Text),
        version=sa.bindparam("of_version"),
        status=sa.case((_c.status == "draft", "live"), else_=_c.status),
    )
    .returning(_c.version)
)
