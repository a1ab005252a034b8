"""From a draft to a living service, and its secrets: security.md CA-28, RC-10, AD-05, AD-22."""

import asyncio
from datetime import timedelta

import pytest

from keys.pool import Pool
from relying_parties import agencies, clients, onboarding, registry, wanted_algs
from relying_parties.clients import Client
from relying_parties.errors import (
    AgencyExists,
    AgencyUnknown,
    FourEyes,
    RegistrationInvalid,
    SecretNotUsed,
    StateConflict,
    VersionUnknown,
)
from tests.factories import a_document
from tests.relying_parties.conftest import Later

AGENCY = {
    "apiVersion": "gatehouse/v1",
    "kind": "Agency",
    "metadata": {"id": "southtown"},
    "spec": {"name": {"en": "Southtown Council"}, "contact": "help@southtown.example"},
}
ANNA, BEN, CLEO = "admin:anna", "admin:ben", "admin:cleo"


async def test_a_draft_is_no_service(at: Later, parking: Client) -> None:
    async with at() as entry:
        client_id, version = await onboarding.draft(
            entry, a_document(client_id="library"), author=ANNA
        )

        assert (client_id, version) == ("library", 1)
        assert not await clients.find(entry, "library")
        with pytest.raises(StateConflict):
            await onboarding.approve(entry, "library", 1, by=BEN)


async def test_two_people_bring_a_service_to_life(at: Later, parking: Client) -> None:
    async with at() as entry:
        await onboarding.draft(entry, a_document(client_id="library"), author=ANNA)
        await onboarding.submit(entry, "library", 1, by=ANNA)
        assert [each.client_id for each in await onboarding.waiting(entry)] == ["library"]

        with pytest.raises(FourEyes):
            await onboarding.approve(entry, "library", 1, by=ANNA)
        await onboarding.approve(entry, "library", 1, by=BEN)

        found = await clients.find(entry, "library")
        assert found
        assert (found.status, found.version) == ("live", 1)
        assert not await onboarding.waiting(entry)


async def test_a_resource_has_one_server(at: Later, parking: Client) -> None:
    """RFC8707-2: a token for it would be for two services."""
    offered = {"identifier": "https://api.example", "scopes": ["read"]}
    async with at() as entry:
        for client_id in ("library", "museum"):
            document = a_document(client_id=client_id, resource=offered)
            await onboarding.draft(entry, document, author=ANNA)
            await onboarding.submit(entry, client_id, 1, by=ANNA)
        await onboarding.approve(entry, "library", 1, by=BEN)

        assert await clients.of_resource(entry, "https://api.example") == "library"
        with pytest.raises(StateConflict):
            await onboarding.approve(entry, "museum", 1, by=BEN)
        with pytest.raises(RegistrationInvalid) as refused:
            await onboarding.draft(entry, document, author=ANNA)
        assert refused.value.problems == (("spec.resource.identifier", "taken"),)
        await onboarding.draft(entry, a_document("library", resource=offered), author=ANNA)


async def test_saving_anothers_draft_again_makes_nobody_else_its_author(
    at: Later, parking: Client
) -> None:
    """RC-10, AD-05: what Anna wrote lives on in the version that Ben saved."""
    async with at() as entry:
        for author in (ANNA, BEN):
            changed = a_document(contact="new@northtown.example")
            await onboarding.draft(entry, changed, author=author)
        await onboarding.submit(entry, "parking-permits", 3, by=BEN)

        for by in (ANNA, BEN):
            with pytest.raises(FourEyes):
                await onboarding.approve(entry, "parking-permits", 3, by=by)
        await onboarding.approve(entry, "parking-permits", 3, by=CLEO)


async def test_whoever_asked_for_the_review_does_not_answer_it(at: Later, parking: Client) -> None:
    """RC-10, AD-05."""
    async with at() as entry:
        await onboarding.draft(entry, a_document(), author=ANNA)
        await onboarding.submit(entry, "parking-permits", 2, by=BEN)

        with pytest.raises(FourEyes):
            await onboarding.approve(entry, "parking-permits", 2, by=BEN)


async def test_what_came_into_force_is_everybodys_to_build_on(at: Later, parking: Client) -> None:
    """AD-05: an author of long ago, or of what comes later, may look at what others wrote."""
    async with at() as entry:
        for version, author, judge in ((2, ANNA, BEN), (3, BEN, ANNA)):
            await onboarding.draft(entry, a_document(), author=author)
            await onboarding.submit(entry, "parking-permits", version, by=author)
            if version == 3:
                await onboarding.draft(entry, a_document(), author=ANNA)
            await onboarding.approve(entry, "parking-permits", version, by=judge)

        found = await clients.find(entry, "parking-permits")
        assert found
        assert found.version == 3


async def test_two_approvals_at_once_are_one(at: Later, parking: Client, pool: Pool) -> None:
    async with at() as entry:
        await onboarding.draft(entry, a_document(client_id="library"), author=ANNA)
        await onboarding.submit(entry, "library", 1, by=ANNA)

    async def attempt() -> bool:
        try:
            async with at() as entry:
                await onboarding.approve(entry, "library", 1, by=BEN)
        except StateConflict:
            return False
        return True

    assert sorted(await asyncio.gather(*(attempt() for _ in range(8)))) == [*[False] * 7, True]


async def test_a_refused_version_says_why_and_changes_nothing(at: Later, parking: Client) -> None:
    async with at() as entry:
        document = a_document(name={"en": "Parking and More"})
        _, version = await onboarding.draft(entry, document, author=ANNA)
        await onboarding.submit(entry, "parking-permits", version, by=ANNA)

        await onboarding.refuse(entry, "parking-permits", version, by=BEN, reason="Too wide")

        newest, _ = await onboarding.versions(entry, "parking-permits")
        assert (newest.state, newest.reason, newest.decided_by) == ("refused", "Too wide", BEN)
        found = await clients.find(entry, "parking-permits")
        assert found
        assert found.registration.name == {"en": "Parking Permits"}


async def test_an_older_version_does_not_come_back(at: Later, parking: Client) -> None:
    async with at() as entry:
        for _ in range(2):
            _, version = await onboarding.draft(entry, a_document(), author=ANNA)
            await onboarding.submit(entry, "parking-permits", version, by=ANNA)
        await onboarding.approve(entry, "parking-permits", 3, by=BEN)

        with pytest.raises(StateConflict):
            await onboarding.approve(entry, "parking-permits", 2, by=BEN)
        with pytest.raises(VersionUnknown):
            await onboarding.approve(entry, "parking-permits", 9, by=BEN)


async def test_an_agency_writes_its_own_services_only(at: Later, parking: Client) -> None:
    async with at() as entry:
        await onboarding.apply(entry, AGENCY)

        with pytest.raises(AgencyUnknown):
            await onboarding.draft(entry, a_document(), author=ANNA, agency_id="southtown")
        with pytest.raises(StateConflict):
            await onboarding.draft(entry, a_document(agency="southtown"), author=ANNA)
        with pytest.raises(AgencyUnknown):
            await onboarding.draft(entry, a_document(agency="nowhere"), author=ANNA)


async def test_applying_twice_changes_once(at: Later, parking: Client) -> None:
    document = a_document(
        client_id="library", profile="oidc-basic", auth={"method": "client_secret_basic"}
    )
    async with at() as entry:
        first = await onboarding.apply(entry, document)
        number = await registry.version(entry)
        second = await onboarding.apply(entry, document)

        assert first.changed
        assert first.secret
        assert first.secret not in repr(first)
        assert (second.changed, second.secret) == (False, None)
        assert await registry.version(entry) == number
        third = await onboarding.apply(
            entry, document | {"spec": document["spec"] | {"acr": ["x"]}}
        )
        assert (third.changed, third.secret) == (True, None)


async def test_an_agency_is_applied_and_keeps_its_sector(at: Later) -> None:
    async with at() as entry:
        assert (await onboarding.apply(entry, AGENCY)).changed
        before = await agencies.find(entry, "southtown")
        assert not (await onboarding.apply(entry, AGENCY)).changed
        renamed = AGENCY | {"spec": {"name": {"en": "City of Southtown"}}}
        assert (await onboarding.apply(entry, renamed)).changed
        after = await agencies.find(entry, "southtown")

        assert before
        assert after
        assert after.name == {"en": "City of Southtown"}
        assert after.sector == before.sector
        with pytest.raises(AgencyExists):
            await agencies.create(entry, "southtown", name={"en": "Another"}, contact=None, by=ANNA)


@pytest.mark.parametrize(
    "change",
    [{"spec": {}}, {"spec": None}, {"metadata": {"id": 7}}, {"metadata": {"id": "A b"}}, {"x": 1}],
    ids=repr,
)
async def test_an_agency_with_problems_is_refused(at: Later, change: dict[str, object]) -> None:
    async with at() as entry:
        with pytest.raises(RegistrationInvalid):
            await onboarding.apply(entry, AGENCY | change)


async def test_services_of_one_agency_share_a_sector(
    at: Later, parking: Client, library: Client
) -> None:
    async with at() as entry:
        await onboarding.apply(entry, AGENCY)
        await onboarding.apply(entry, a_document(client_id="tax", agency="southtown"))
        tax = await clients.find(entry, "tax")

    assert parking.sector == library.sector
    assert tax
    assert tax.sector != parking.sector
    assert len(tax.sector) == 43


async def test_a_suspension_and_its_end_move_the_number(at: Later, parking: Client) -> None:
    async with at() as entry:
        before = await registry.version(entry)
        await clients.suspend(entry, "parking-permits", "incident", BEN)
        suspended = await clients.find(entry, "parking-permits")
        with pytest.raises(StateConflict):
            await clients.suspend(entry, "parking-permits", "incident", BEN)
        await clients.resume(entry, "parking-permits", BEN)
        await clients.retire(entry, "parking-permits", BEN)

        assert suspended
        assert not suspended.live
        assert await registry.version(entry) == before + 3
        with pytest.raises(StateConflict):
            await clients.resume(entry, "parking-permits", BEN)
        with pytest.raises(StateConflict):
            await onboarding.draft(entry, a_document(), author=ANNA)


async def test_members_join_change_and_leave(at: Later, parking: Client) -> None:
    async with at() as entry:
        await agencies.add_member(entry, "northtown", "anna", role="viewer", by="operator")
        await agencies.add_member(entry, "northtown", "anna", role="owner", by="operator")
        [anna] = await agencies.members(entry, "northtown")
        await agencies.remove_member(entry, "northtown", "anna", by="operator")

        assert (anna.subject, anna.role) == ("anna", "owner")
        assert not await agencies.members(entry, "northtown")
        with pytest.raises(AgencyUnknown):
            await agencies.add_member(entry, "nowhere", "anna", role="owner", by="operator")


@pytest.fixture
async def with_secret(at: Later, parking: Client) -> str:
    """The first secret of a service that uses one."""
    document = a_document(
        client_id="pool", profile="oidc-basic", auth={"method": "client_secret_basic"}
    )
    async with at() as entry:
        applied = await onboarding.apply(entry, document)
    assert applied.secret
    return applied.secret


async def test_a_replaced_secret_works_for_a_day_at_most(at: Later, with_secret: str) -> None:
    async with at(days=1) as entry:
        second = await clients.issue_secret(entry, "pool", by=BEN, overlap=timedelta(days=9))

    async with at(days=1, hours=23, minutes=59) as entry:
        pool = await clients.find(entry, "pool")
        assert pool
        assert clients.secret_is_right(pool, with_secret, entry.at)
        assert clients.secret_is_right(pool, second, entry.at)
    async with at(days=2) as entry:
        assert not clients.secret_is_right(pool, with_secret, entry.at)
        assert clients.secret_is_right(pool, second, entry.at)
        assert not clients.secret_is_right(pool, "", entry.at)
        fresh = await clients.find(entry, "pool")
        assert fresh
        assert len(fresh.secrets) == 1


async def test_two_secrets_live_at_most(at: Later, with_secret: str) -> None:
    async with at(seconds=1) as entry:
        second = await clients.issue_secret(entry, "pool", by=BEN)
    async with at(minutes=1) as entry:
        third = await clients.issue_secret(entry, "pool", by=BEN)
    async with at(minutes=2) as entry:
        pool = await clients.find(entry, "pool")

        assert pool
        right = [clients.secret_is_right(pool, s, entry.at) for s in (with_secret, second, third)]
        assert right == [False, True, True]


async def test_a_service_with_a_key_has_no_secret(at: Later, parking: Client) -> None:
    async with at() as entry:
        with pytest.raises(SecretNotUsed):
            await clients.issue_secret(entry, "parking-permits", by=BEN)


async def test_what_is_to_be_reviewed_names_its_algorithms(at: Later, parking: Client) -> None:
    """Keys that it wants are announced before it is live; a draft, or what was refused, is not."""
    made = a_document("pss", idTokenAlg="PS256", userinfoAlg="RS256")
    seen = []
    async with at() as entry:
        await onboarding.draft(entry, made, author=ANNA)
        seen.append(await wanted_algs.named(entry))
        await onboarding.submit(entry, "pss", 1, by=ANNA)
        seen.append(await wanted_algs.named(entry))
        await onboarding.refuse(entry, "pss", 1, by=BEN, reason="too early")
        seen.append(await wanted_algs.named(entry))

    before, waiting, after = seen
    assert waiting == before | {"PS256", "RS256"}
    assert after == before
