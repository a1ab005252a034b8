"""Every table with a row of a citizen is taken along, and says what becomes of it afterwards."""

from types import ModuleType

import pytest
import sqlalchemy as sa

from gateway.exporting import LEFT_OUT, PARTS
from idp import erased as citizens
from idp import tables as idp
from relying_parties import erased as parties
from relying_parties import tables as relying_parties

# How a row leads to a citizen: by the account or a subject, or by what hangs on one.
WHOSE = {"account_id", "subject", "citizen", "consent_id", "request_id", "code"}
ROOMS = ((idp, citizens), (relying_parties, parties))


def _of_a_citizen(table: sa.Table) -> bool:
    return bool(WHOSE & set(table.columns.keys()))


@pytest.mark.parametrize(("tables", "erased"), ROOMS, ids=["idp", "relying_parties"])
def test_every_table_of_a_citizen_is_erased_or_kept_with_a_reason(
    tables: ModuleType, erased: ModuleType
) -> None:
    gone = {table.name for table, _ in erased.ERASED}
    known = {table.name for table in tables.metadata.tables.values()}
    theirs = {table.name for table in tables.metadata.tables.values() if _of_a_citizen(table)}

    assert theirs - gone - set(erased.KEPT) == set()
    assert gone & set(erased.KEPT) == set()
    assert set(erased.KEPT) <= known
    assert all(len(reason) > 20 for reason in erased.KEPT.values())


def test_every_table_of_a_citizen_is_taken_along_or_left_out_with_a_reason() -> None:
    everything = [table for tables, _ in ROOMS for table in tables.metadata.tables.values()]
    theirs = {table.name for table in everything if _of_a_citizen(table)}
    told = {name for part in PARTS for name in part.tells}

    assert theirs - told - set(LEFT_OUT) == set()
    assert told & set(LEFT_OUT) == set()
    assert (told | set(LEFT_OUT)) <= {table.name for table in everything}


def test_the_account_goes_last_and_its_key_first() -> None:
    names = [table.name for table, _ in citizens.ERASED]

    assert (names[0], names[-1]) == ("person_keys", "accounts")


def test_nothing_else_stands_beside_the_keys() -> None:
    """A copy of everything but this table opens nothing: it holds keys, and nothing but them."""
    assert set(idp.person_keys.columns.keys()) == {"account_id", "wrapped"}
    assert "data_key" not in idp.accounts.columns
