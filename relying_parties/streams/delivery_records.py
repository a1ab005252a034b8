"""The statements behind deliveries: rows on their way, and the streams that carry them.

The verbs stand in :mod:`relying_parties.streams.delivery`; nothing else writes the table.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import statement
from relying_parties import tables
from relying_parties.consent_records import ACTIVE
from relying_parties.grants.living import LIVE, service_lives
from relying_parties.streams.event_types import AFTER, STREAM_UPDATED

# Why we let a stream rest.
UNREACHABLE, UNREAD = "unreachable", "unread"

_d, _s, _c = tables.deliveries.c, tables.streams.c, tables.consents.c
_at = sa.bindparam("at", type_=tables.NOW)
_minute = sa.bindparam("minute", type_=tables.NOW)
_DUE = sa.literal_column("'due'", sa.Text)
_DEAD = sa.literal_column("'dead'", sa.Text)
_TEXTS = pg.ARRAY(sa.Text)
_AFTER = sa.literal_column("ARRAY[" + ", ".join(f"'{name}'" for name in AFTER) + "]", _TEXTS)


def _shares(client_id: Any, subject: Any, event: Any) -> sa.ColumnElement[bool]:
    """Whether the citizen shares something with the service, or did and must be spoken of."""
    return sa.exists().where(
        _c.subject == subject,
        _c.client_id == client_id,
        sa.or_(sa.and_(_c.state == ACTIVE, _c.expires_at > _at), event == sa.any_(_AFTER)),
    )


_signals = (
    sa.func.unnest(
        *(sa.bindparam(name, type_=_TEXTS) for name in ("clients", "subjects", "sids", "events")),
        sa.bindparam("payloads", type_=pg.ARRAY(pg.JSONB)),
        sa.bindparam("notices", type_=pg.ARRAY(sa.Uuid)),
        sa.bindparam("moments", type_=pg.ARRAY(tables.NOW)),
    )
    .table_valued(
        *(sa.column(name, sa.Text) for name in ("client_id", "subject", "sid", "event")),
        sa.column("payload", pg.JSONB),
        sa.column("notice", sa.Uuid),
        sa.column("moment", tables.NOW),
        with_ordinality="n",
        name="signals",
    )
    .render_derived()
)
_g = _signals.c
_opened = sa.exists().where(
    tables.codes.c.subject == _g.subject,
    tables.codes.c.client_id == _g.client_id,
    tables.codes.c.sid == _g.sid,
)
_left_out = sa.exists().where(
    tables.stream_exclusions.c.stream_id == _s.id,
    tables.stream_exclusions.c.subject == _g.subject,
)
_new = (
    sa.select(
        sa.cast(sa.func.gen_random_uuid(), sa.Text),
        *(_s.id, _g.subject, _g.sid, _g.event, _g.payload, _g.notice, _DUE),
        *(sa.literal_column("0", sa.Integer), _minute, _minute),
    )
    .join_from(_signals, tables.streams, _s.client_id == _g.client_id)
    .where(
        _s.status != sa.literal_column("'disabled'"),
        _g.event == sa.any_(_s.types),
        _g.moment >= _s.created_at,
        service_lives(_s.client_id),
        _shares(_g.client_id, _g.subject, _g.event),
        sa.or_(_g.sid.is_(None), _opened),
        sa.not_(_left_out),
    )
    .order_by(_g.n)
)
QUEUE = statement(
    sa.insert(tables.deliveries)
    .from_select(
        [
            *("jti", "stream_id", "subject", "sid", "event", "payload", "notice", "state"),
            *("tries", "created_at", "due_at"),
        ],
        _new,
    )
    .returning(_d.notice)
)
SAY = statement(
    sa.insert(tables.deliveries).values(
        jti=sa.bindparam("jti"),
        stream_id=sa.bindparam("stream"),
        event=sa.bindparam("event"),
        payload=sa.bindparam("payload", type_=pg.JSONB),
        state=_DUE,
        tries=sa.literal_column("0", sa.Integer),
        created_at=_at,
        due_at=_at,
    )
)

_before = tables.deliveries.alias("before")
_blocked = sa.exists().where(
    _before.c.stream_id == _d.stream_id,
    _before.c.subject == _d.subject,
    _before.c.state == _DUE,
    _before.c.id < _d.id,
    _before.c.due_at > _at,
)
_waits = sa.exists().where(
    _d.stream_id == _s.id, _d.state == _DUE, _d.due_at <= _at, sa.not_(_blocked)
)
_next = (
    sa.select(_s.id)
    .join(tables.clients, tables.clients.c.client_id == _s.client_id)
    .where(
        _s.method == sa.literal_column("'push'"),
        _s.status == sa.literal_column("'enabled'"),
        _s.due_at <= _at,
        tables.clients.c.status == LIVE,
        _waits,
    )
    .order_by(_s.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=tables.streams)
)
TAKE = statement(
    sa.update(tables.streams)
    .where(_s.id.in_(_next.scalar_subquery()))
    .values(due_at=sa.bindparam("until", type_=tables.NOW))
    .returning(_s.id, _s.client_id, _s.endpoint, _s.authorization, _s.tries, _s.failing_since)
)
_taken = (
    sa.func.unnest(sa.bindparam("streams", type_=_TEXTS))
    .table_valued(sa.column("id", sa.Text), name="taken")
    .render_derived()
)
_SHOWN = (
    *(_d.id, _d.jti, _d.stream_id, _d.subject, _d.sid, _d.event, _d.payload),
    *(_d.notice, _d.tries, _d.created_at),
)
_head = (
    sa.select(*_SHOWN)
    .where(_d.stream_id == _taken.c.id, _d.state == _DUE, _d.due_at <= _at, sa.not_(_blocked))
    .order_by(_d.id)
    .limit(sa.bindparam("each"))
    .lateral("head")
)
_heads = sa.select(
    *_head.c,
    sa.or_(_head.c.subject.is_(None), _shares(_s.client_id, _head.c.subject, _head.c.event)).label(
        "shared"
    ),
).select_from(_taken.join(tables.streams, _s.id == _taken.c.id).join(_head, sa.true()))
HEADS = statement(_heads.order_by(_head.c.id))

_IDS = sa.bindparam("ids", type_=pg.ARRAY(sa.BigInteger))
FORGET = statement(sa.delete(tables.deliveries).where(_d.id == sa.any_(_IDS)).returning(_d.notice))
TOLD = statement(
    sa.update(tables.deliveries)
    .where(_d.id == sa.any_(_IDS), _d.state == _DUE)
    .values(state="told", settled_at=_at, tries=_d.tries + 1, why=sa.null())
    .returning(_d.notice)
)
_failures = (
    sa.func.unnest(
        _IDS,
        sa.bindparam("whys", type_=_TEXTS),
        sa.bindparam("becomes", type_=_TEXTS),
        sa.bindparam("nexts", type_=pg.ARRAY(tables.NOW)),
    )
    .table_valued(
        sa.column("id", sa.BigInteger),
        sa.column("why", sa.Text),
        sa.column("becomes", sa.Text),
        sa.column("next", tables.NOW),
        name="failures",
    )
    .render_derived()
)
FAILED = statement(
    sa.update(tables.deliveries)
    .where(_d.id == _failures.c.id, _d.state == _DUE)
    .values(
        state=_failures.c.becomes,
        why=_failures.c.why,
        due_at=_failures.c.next,
        tries=_d.tries + 1,
        settled_at=sa.case((_failures.c.becomes == _DEAD, _at)),
    )
    .returning(_d.event, _d.why, _d.state, _d.notice)
)
# Only who is still at it: after a minute the stream may be another worker's.
RELEASE = statement(
    sa.update(tables.streams)
    .where(
        _s.id == sa.bindparam("stream"),
        _s.due_at == sa.bindparam("until", type_=tables.NOW),
    )
    .values(
        due_at=sa.bindparam("next", type_=tables.NOW),
        tries=sa.bindparam("times"),
        failing_since=sa.bindparam("since", type_=tables.NOW),
    )
)
REST = statement(
    sa.update(tables.streams)
    .where(_s.id == sa.bindparam("stream"), _s.status == "enabled")
    .values(status="paused", reason=sa.bindparam("because", type_=sa.Text))
    .returning(_s.client_id)
)
_old_unread = sa.exists().where(
    _d.stream_id == _s.id,
    _d.state == _DUE,
    _d.created_at < sa.bindparam("before", type_=tables.NOW),
)
REST_UNREAD = statement(
    sa.update(tables.streams)
    .where(_s.method == "poll", _s.status == "enabled", _old_unread)
    .values(status="paused", reason=sa.bindparam("because", type_=sa.Text))
    .returning(_s.id, _s.client_id)
)
_of_itself = (
    _d.stream_id == sa.bindparam("stream"),
    _d.state == _DUE,
    _d.event == sa.literal_column(f"'{STREAM_UPDATED.name}'", sa.Text),
)
OF_ITSELF = statement(
    sa.select(*_SHOWN).where(*_of_itself).order_by(_d.id).limit(sa.bindparam("most"))
)
# What it said before is over as soon as something else is so.
UNSAY = statement(sa.delete(tables.deliveries).where(*_of_itself))
OF_JTIS = statement(
    sa.select(_d.id, _d.jti).where(
        _d.stream_id == sa.bindparam("stream"),
        _d.state == _DUE,
        _d.jti == sa.any_(sa.bindparam("jtis", type_=_TEXTS)),
    )
)
STANDING = statement(
    sa.select(_d.state, sa.func.count().label("events"))
    .join_from(tables.deliveries, tables.streams, _s.id == _d.stream_id)
    .where(_s.client_id == sa.bindparam("of_client"))
    .group_by(_d.state)
)
AGAIN = statement(
    sa.update(tables.deliveries)
    .where(
        _d.stream_id == _s.id,
        _s.client_id == sa.bindparam("of_client"),
        _d.state == _DEAD,
    )
    .values(state="due", tries=0, due_at=_at, settled_at=sa.null(), why=sa.null())
    .returning(_d.notice)
)
AWAKE = statement(
    sa.update(tables.streams)
    .where(_s.client_id == sa.bindparam("of_client"))
    .values(
        due_at=_at,
        tries=0,
        failing_since=sa.null(),
    )
)
# Only what we let rest ourselves: a service that wants quiet has it.
RESUME = statement(
    sa.update(tables.streams)
    .where(
        _s.client_id == sa.bindparam("of_client"),
        _s.status == sa.literal_column("'paused'"),
        _s.reason == sa.any_(sa.literal_column(f"ARRAY['{UNREACHABLE}', '{UNREAD}']")),
    )
    .values(status=sa.literal_column("'enabled'", sa.Text), reason=sa.null())
    .returning(_s.id)
)
PURGE = statement(
    sa.delete(tables.deliveries)
    .where(
        sa.or_(
            _d.created_at < sa.bindparam("before", type_=tables.NOW),
            sa.and_(
                _d.state == "told", _d.settled_at < sa.bindparam("heard_before", type_=tables.NOW)
            ),
        )
    )
    .returning(_d.notice, _d.state)
)
