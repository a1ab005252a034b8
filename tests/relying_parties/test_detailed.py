"""A token that stands for fewer details than its code: it reads less, and of its own alone."""

from relying_parties.consents import Consent
from relying_parties.grants import access_tokens, detailed
from tests.relying_parties.conftest import Later, issue, redeem


async def test_a_smaller_token_reads_nothing_that_only_another_token_reads(
    at: Later, consent: Consent
) -> None:
    """RFC9396-6: two sign-ons under one consent, and the second one asked for the name alone."""
    async with at() as entry:
        assert await redeem(entry, await issue(entry, consent))
        asked = await redeem(entry, await issue(entry, consent, claims=["name"]))
        assert asked
        await detailed.narrow(entry, asked.access_token, [], without=[])
        found = await access_tokens.find(entry, asked.access_token)

    assert found
    assert found.claims == ("name",)


async def test_a_smaller_token_keeps_the_rest_in_its_order(at: Later, consent: Consent) -> None:
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent, claims=["name", "address"]))
        assert done
        await detailed.narrow(entry, done.access_token, [], without=["name", "email"])
        found = await access_tokens.find(entry, done.access_token)

    assert found
    assert found.claims == ("address",)
