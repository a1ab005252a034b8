"""Who runs services, and who may act for them: security.md CO-11, CO-13."""

import asyncio
from typing import Any

import pytest

from relying_parties import agencies, clients
from relying_parties.agencies import Agency
from relying_parties.clients import Client
from relying_parties.errors import AgencyExists, AgencyServes, AgencyUnknown, RegistrationInvalid
from tests.relying_parties.conftest import Later


async def create(at: Later, agency_id: str = "southtown", **over: Any) -> Agency:
    usual = {
        "name": {"en": agency_id.title()},
        "contact": "help@southtown.example",
        "by": "operator",
    }
    async with at() as entry:
        return await agencies.create(entry, agency_id, **(usual | over))


async def test_each_agency_has_a_sector_of_its_own(at: Later) -> None:
    """CO-11: drawn at random, so nobody works one out from a name."""
    one, two = await create(at), await create(at, "northtown")

    assert one.sector != two.sector
    assert len(one.sector) == len(two.sector) == 43
    async with at() as entry:
        assert await agencies.listed(entry) == [two, one]
        assert await agencies.find(entry, "southtown") == one
        assert await agencies.find(entry, "nowhere") is None


async def test_of_two_at_once_one_joins(at: Later) -> None:
    answers = await asyncio.gather(*(create(at) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(each, Agency) for each in answers) == 1
    assert sum(isinstance(each, AgencyExists) for each in answers) == 7


async def test_a_new_name_keeps_the_sector(at: Later) -> None:
    before = await create(at)
    async with at(days=1) as entry:
        after = await agencies.change(
            entry, "southtown", name={"en": "City of Southtown"}, contact=None, by="operator"
        )

        assert (after.sector, after.contact) == (before.sector, None)
        with pytest.raises(AgencyUnknown):
            await agencies.change(entry, "nowhere", name={"en": "No"}, contact=None, by="operator")


@pytest.mark.parametrize(
    "name",
    [
        {"en": "southtown"},
        {"en": "\uff33outhtown"},
        {"en": "South\u00a0 Town", "fr": "SOUTHTOWN"},
        {"fr": "Ville du Sud"},
        {"en": "A Town", "ar": "ville  du sud"},
    ],
    ids=ascii,
)
async def test_no_two_agencies_have_one_name(at: Later, name: dict[str, str]) -> None:
    """CO-13: neither to begin with nor later, in whatever language, spelt however."""
    await create(at, name={"en": "Southtown", "fr": "Ville du Sud"})
    await create(at, "northtown")
    async with at() as entry:
        with pytest.raises(RegistrationInvalid) as refused:
            await agencies.create(entry, "other", name=name, contact=None, by="operator")
        with pytest.raises(RegistrationInvalid):
            await agencies.change(entry, "northtown", name=name, contact=None, by="operator")
        await agencies.change(
            entry, "southtown", name={"en": "SouthTown"}, contact=None, by="operator"
        )

    assert {word for _, word in refused.value.problems} == {"name_taken"}


async def test_of_two_with_one_name_at_once_one_joins(at: Later) -> None:
    """CO-13."""
    answers = await asyncio.gather(
        *(create(at, f"town-{number}", name={"en": "Town"}) for number in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Agency) for each in answers) == 1
    assert sum(isinstance(each, RegistrationInvalid) for each in answers) == 5


async def test_a_name_that_services_run_under_is_the_operators(at: Later, parking: Client) -> None:
    """CO-13, AD-05: nobody changes alone under which name citizens share."""
    name = {"en": "Tax Office"}
    async with at() as entry:
        agency = parking.agency
        await agencies.change(entry, agency.id, name=agency.name, contact="12345", by="admin:anna")
        with pytest.raises(AgencyServes):
            await agencies.change(entry, agency.id, name=name, contact=None, by="admin:anna")
        await clients.suspend(entry, parking.client_id, "incident", "admin:anna")
        with pytest.raises(AgencyServes):
            await agencies.change(entry, agency.id, name=name, contact=None, by="admin:anna")
        await agencies.change(entry, agency.id, name=name, contact=None, by="operator")
        await clients.retire(entry, parking.client_id, "admin:anna")
        changed = await agencies.change(
            entry, agency.id, name={"en": "Parks"}, contact=None, by="admin:anna"
        )

    assert changed.name == {"en": "Parks"}


@pytest.mark.parametrize(
    ("agency_id", "over", "problem"),
    [
        pytest.param("South Town", {}, ("metadata.id", "slug"), id="id"),
        pytest.param("../etc", {}, ("metadata.id", "slug"), id="path"),
        pytest.param(
            "a-town",
            {"name": {"en": "Tax \u202eeciffO"}},
            ("spec.name.en", "hidden_characters"),
            id="CO-13-bidi",
        ),
        pytest.param(
            "a-town",
            {"name": {"en": "T\u0430x"}},
            ("spec.name.en", "mixed_scripts"),
            id="CO-13-look-alike",
        ),
        pytest.param(
            "a-town", {"name": {"en": "<b>Tax</b>"}}, ("spec.name.en", "markup"), id="CO-13-markup"
        ),
        pytest.param(
            "a-town", {"name": {"en": "T" * 5000}}, ("spec.name.en", "length"), id="CO-13-length"
        ),
        pytest.param("a-town", {"name": {}}, ("spec.name", "words_by_language"), id="no-name"),
        pytest.param("a-town", {"contact": "x" * 300}, ("spec.contact", "length"), id="contact"),
    ],
)
async def test_a_deceiving_agency_is_refused(
    at: Later, agency_id: str, over: dict[str, Any], problem: tuple[str, str]
) -> None:
    with pytest.raises(RegistrationInvalid) as refused:
        await create(at, agency_id, **over)

    assert problem in refused.value.problems
    async with at() as entry:
        assert not await agencies.listed(entry)


async def test_a_person_acts_for_the_agencies_that_let_them(at: Later) -> None:
    await create(at)
    await create(at, "northtown")
    async with at() as entry:
        await agencies.add_member(entry, "southtown", "anna", role="viewer", by="operator")
        await agencies.add_member(entry, "northtown", "anna", role="owner", by="operator")
        await agencies.add_member(entry, "northtown", "ben", role="engineer", by="operator")

        assert await agencies.memberships(entry, "anna") == {
            "northtown": "owner",
            "southtown": "viewer",
        }
        assert not await agencies.memberships(entry, "nobody")
        assert [each.subject for each in await agencies.members(entry, "northtown")] == [
            "anna",
            "ben",
        ]


async def test_a_role_that_is_none_is_refused(at: Later) -> None:
    await create(at)
    async with at() as entry:
        with pytest.raises(ValueError, match="root"):
            await agencies.add_member(entry, "southtown", "anna", role="root", by="operator")
        await agencies.remove_member(entry, "southtown", "anna", by="operator")

        assert not await agencies.members(entry, "southtown")
