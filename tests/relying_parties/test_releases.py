"""What was read, by whom and when: names only, the citizen's own."""

from typing import Any

from keys.pool import Pool
from relying_parties import releases
from relying_parties.clients import Client
from relying_parties.consents import Consent
from tests.relying_parties.conftest import CITIZEN, Later

PARKING = "parking-permits"


def read(consent: Consent | None = None, **over: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "subject": CITIZEN,
        "client_id": PARKING,
        "consent_id": consent.id if consent else None,
        "claims": ["name", "address"],
        "channel": "userinfo",
    }
    return usual | over


async def test_a_release_stands_in_the_journal_too(at: Later, consent: Consent, pool: Pool) -> None:
    """One statement writes both, so that neither is without the other."""
    async with at() as entry:
        await releases.record(entry, **read(consent, channel="id_token"))
        [made] = await releases.of_subjects(entry, [CITIZEN])

    async with pool.connection() as connection:
        told = await connection.fetch(
            "SELECT actor, object, fields FROM keys.journal WHERE kind = 'ClaimsReleased'"
        )
    assert (made.consent_id, list(made.claims), made.channel) == (
        consent.id,
        ["name", "address"],
        "id_token",
    )
    [row] = told
    assert (row["actor"], row["object"]) == (f"client:{PARKING}", f"subject:{CITIZEN}")
    assert row["fields"] == {
        "consent": str(consent.id),
        "claims": ["name", "address"],
        "channel": "id_token",
    }


async def test_a_sign_on_without_details_is_told_as_one(at: Later, parking: Client) -> None:
    """Nothing was released, and the time of it still counts."""
    async with at() as entry:
        await releases.record(entry, **read(claims=[]))
        [made] = await releases.of_subjects(entry, [CITIZEN])

        assert (list(made.claims), made.consent_id, made.at) == ([], None, entry.at)
        assert not await releases.last_reads(entry, [CITIZEN])


async def test_a_citizen_sees_their_own_only(at: Later, consent: Consent, library: Client) -> None:
    async with at() as entry:
        await releases.record(entry, **read(consent))
        await releases.record(entry, **read(subject="somebody-else", claims=["birthdate"]))
        await releases.record(entry, **read(client_id=library.client_id, claims=["email"]))

        mine = await releases.of_subjects(entry, [CITIZEN])
        reads = await releases.last_reads(entry, [CITIZEN])
        [there] = await releases.of_subjects(entry, [CITIZEN], library.client_id)

        assert [list(each.claims) for each in mine] == [["email"], ["name", "address"]]
        assert reads.keys() == {PARKING, library.client_id}
        assert list(there.claims) == ["email"]
        assert not await releases.of_subjects(entry, [])
        assert not await releases.last_reads(entry, [])


async def test_many_are_read_page_by_page(at: Later, consent: Consent) -> None:
    async with at() as entry:
        for _ in range(5):
            await releases.record(entry, **read(consent))
        first = await releases.of_subjects(entry, [CITIZEN], limit=3)
        rest = await releases.of_subjects(entry, [CITIZEN], limit=3, before=first[-1].id)

        ids = [each.id for each in (*first, *rest)]
        assert len(ids) == 5
        assert ids == sorted(ids, reverse=True)


async def test_old_ones_go_in_bounded_steps(at: Later, consent: Consent) -> None:
    for day in range(3):
        async with at(days=day) as entry:
            await releases.record(entry, **read(consent))

    async with at(days=2) as entry:
        assert await releases.purge(entry, entry.at, limit=1) == 1
        assert await releases.purge(entry, entry.at) == 1
        assert await releases.purge(entry, entry.at) == 0
        [left] = await releases.of_subjects(entry, [CITIZEN])
        assert left.at == entry.at
