"""What is deleted of a citizen here, table by table, and what stays and why.

A citizen is known by subjects, one for each sector, so all of theirs are given at once. Every
table that has a row by subject, by consent or by code stands in one of the two lists:
tests/architecture sees to it. The next table is one row.

What a service asked from behind stays for the service alone, and is nobody's: a poll that found
nothing would tell, whoever has no consent and no stream of events, that the account has ended.

A consent stays as the proof that it was given (GDPR Art. 7 (1)), by a subject that is nobody's
any more: the reference to the citizen is taken out of it. Its last moment is told to the day,
since one that all consents of a citizen share to the second would join them.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Statement, statement
from relying_parties import corrections, requests, tables
from relying_parties.consent_records import ACTIVE
from relying_parties.grants import backchannel_requests
from relying_parties.streams.event_types import AFTER

_SUBJECTS = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_consents, _codes, _changes = tables.consents, tables.codes, tables.consent_changes


def _theirs(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.subject == sa.any_(_SUBJECTS)


def _all_of(table: sa.Table, *but: sa.ColumnElement[bool]) -> tuple[sa.Table, Statement]:
    return table, statement(sa.delete(table).where(_theirs(table), *but))


def _under(table: sa.Table, column: str, of: sa.Column[object]) -> tuple[sa.Table, Statement]:
    """Delete what hangs on a consent or a code of theirs."""
    roots = sa.select(of).where(_theirs(of.table)).scalar_subquery()
    return table, statement(sa.delete(table).where(table.c[column].in_(roots)))


def _end_consents() -> Statement:
    ended = (
        sa.update(_consents)
        .where(_theirs(_consents), _consents.c.state == ACTIVE)
        .values(
            state="withdrawn",
            version=_consents.c.version + 1,
            changed_at=sa.bindparam("day", type_=tables.NOW),
        )
        .returning(_consents.c.id, _consents.c.version, _consents.c.claims, _consents.c.changed_at)
        .cte("ended")
    )
    last = sa.select(
        ended.c.id,
        ended.c.version,
        sa.literal_column("'withdrawn'", sa.Text),
        ended.c.claims,
        # Not null: nobody is left to hold a receipt, and one signed now would tell the second.
        sa.literal_column("''", sa.Text),
        ended.c.changed_at,
    )
    names = ["consent_id", "version", "kind", "claims", "receipt", "at"]
    return statement(sa.insert(_changes).from_select(names, last))


def _take_names_out() -> Statement:
    nobody = sa.literal_column("''::bytea", sa.LargeBinary)
    return statement(sa.update(_consents).where(_theirs(_consents)).values(citizen=nobody))


ERASED: tuple[tuple[sa.Table, Statement], ...] = (
    _under(tables.approvals, "consent_id", _consents.c.id),
    _under(tables.consent_reminders, "consent_id", _consents.c.id),
    _under(tables.refresh_tokens, "code", _codes.c.digest),
    (_consents, _end_consents()),
    (_consents, _take_names_out()),
    _under(tables.request_states, "request_id", tables.citizen_requests.c.id),
    (tables.citizen_requests, requests.ERASE),
    (tables.corrections, corrections.ERASE),
    _all_of(tables.change_notices),
    _under(tables.standing_uses, "rule_id", tables.standing_rules.c.id),
    _all_of(tables.standing_rules),
    _under(tables.inquiries, "request_id", tables.backchannel_requests.c.id),
    _under(tables.asides, "request_id", tables.backchannel_requests.c.id),
    (tables.backchannel_requests, backchannel_requests.ERASE),
    # That the account has ended is still on its way, and has to arrive.
    _all_of(tables.deliveries, tables.deliveries.c.event != sa.all_(sa.literal(list(AFTER)))),
    _all_of(tables.stream_exclusions),
    _all_of(tables.members),
)

KEPT: Mapping[str, str] = {
    "consent_changes": "the history of a consent: names of details, and the signed receipt",
    "releases": "lines of the ledger: noise without the key, and leaves of the tree are for good",
    "codes": "they are ended, and deleted a day later: what comes back must be recognised",
    "access_tokens": "they end with their code, and are deleted when they would have run out",
    "logouts": "services have to hear that sessions ended; after a week they are deleted",
}


async def forget(entry: Entry, subjects: Collection[str]) -> int:
    """Delete every row of a citizen, and end what stays; return how many it was."""
    given = {
        "subjects": list(subjects),
        "day": entry.at.replace(hour=0, minute=0, second=0, microsecond=0),
        "salt": opaque.handle().encode(),  # kept nowhere
    }
    return sum([await entry.run(step, **given) for _, step in ERASED])
