"""One life, one use: security.md groups RU-16, PK-10, TK-01, TK-02, TK-04, RC-01, RC-08."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from keys.pool import Pool
from relying_parties import clients, consents
from relying_parties.consents import Consent
from relying_parties.errors import CodeReplayed, ConsentMissing
from relying_parties.grants import access_tokens, codes, families, refresh_tokens
from tests.relying_parties.conftest import CITIZEN, TOKEN_LIVES, Later, agree, issue, redeem


async def test_a_code_becomes_one_access_token(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent, id_token_claims=["name"])

        done = await redeem(entry, code)

        assert done
        assert done.subject == CITIZEN
        assert done.claims == ("name", "address")
        assert done.id_token_claims == ("name",)
        found = await access_tokens.find(entry, done.access_token)
        assert found
        assert found.claims == ("name", "address")
        assert found.consent_id == consent.id


async def test_a_replayed_code_ends_what_came_of_it(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        done = await redeem(entry, code)
        assert done
        refresh = await refresh_tokens.start(
            entry,
            code=done.code,
            client_id="parking-permits",
            scope="openid",
            expires_at=consent.expires_at,
        )

    for seconds in (1, 31):
        async with at(seconds=seconds) as entry:
            with pytest.raises(CodeReplayed):
                await redeem(entry, code)

    async with at(seconds=32) as entry:
        assert not await access_tokens.find(entry, done.access_token)
        assert not await refresh_tokens.use(
            entry, refresh, client_id="parking-permits", token_lives=TOKEN_LIVES
        )


async def test_a_replay_is_kept_even_if_the_answer_is_an_error(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        done = await redeem(entry, code)
        assert done

    with pytest.raises(CodeReplayed):
        async with at(seconds=1) as entry:
            await redeem(entry, code)

    async with at(seconds=1) as entry:
        assert not await access_tokens.find(entry, done.access_token)


@pytest.mark.parametrize("seconds", [60, 61, 600])
async def test_a_code_dies_after_a_minute(at: Later, consent: Consent, seconds: int) -> None:
    async with at() as entry:
        code = await issue(entry, consent)

    async with at(seconds=seconds) as entry:
        assert not await redeem(entry, code)


async def test_another_client_neither_uses_nor_burns_a_code(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)

        assert not await redeem(entry, code, client_id="library")
        assert await redeem(entry, code)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"challenge": "x" * 43}, id="PK-10-wrong-verifier"),
        pytest.param({"challenge": None}, id="PK-04-verifier-missing"),
        pytest.param({"redirect_uri": "https://parking.example/other"}, id="RU-16-other-address"),
        pytest.param({"redirect_uri": ""}, id="RU-16-no-address"),
    ],
)
async def test_a_wrong_try_of_the_right_client_burns_the_code(
    at: Later, consent: Consent, wrong: dict[str, Any]
) -> None:
    async with at() as entry:
        code = await issue(entry, consent)

        assert not await redeem(entry, code, **wrong)

    async with at() as entry:
        assert not await redeem(entry, code)


async def test_a_code_without_challenge_refuses_a_verifier(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent, challenge=None)

        assert not await redeem(entry, code)


async def test_a_code_without_challenge_works_where_it_was_waived(
    at: Later, consent: Consent
) -> None:
    async with at() as entry:
        code = await issue(entry, consent, challenge=None)

        assert await redeem(entry, code, challenge=None)


async def test_no_part_of_a_code_can_be_changed(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)

        for place in range(len(code)):
            other = "A" if code[place] != "A" else "B"
            assert not await redeem(entry, code[:place] + other + code[place + 1 :])
        assert await redeem(entry, code)


async def test_fifty_at_once_get_one_token_and_lose_it(
    at: Later, consent: Consent, pool: Pool
) -> None:
    async with at() as entry:
        code = await issue(entry, consent)

    async def attempt() -> codes.Redeemed | None:
        try:
            async with at() as entry:
                return await redeem(entry, code)
        except CodeReplayed:
            return None

    done = [each for each in await asyncio.gather(*(attempt() for _ in range(50))) if each]

    assert len(done) == 1
    async with at() as entry:
        assert not await access_tokens.find(entry, done[0].access_token)


async def test_a_code_needs_a_consent_that_covers_it(at: Later, consent: Consent) -> None:
    async with at() as entry:
        with pytest.raises(ConsentMissing):
            await issue(entry, consent, claims=["name", "birthdate"])
        with pytest.raises(ConsentMissing):
            await issue(entry, consent, consent_id=uuid4())
        with pytest.raises(ConsentMissing):
            await issue(entry, consent, consent_id=None)


async def test_signing_in_alone_needs_no_consent(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, None)

        done = await redeem(entry, code)

        assert done
        assert done.claims == ()


async def test_a_suspended_service_gets_and_redeems_nothing(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        await clients.suspend(entry, "parking-permits", "incident", "operator")

    async with at() as entry:
        with pytest.raises(ConsentMissing):
            await issue(entry, consent)
        assert not await redeem(entry, code)


async def test_what_was_stopped_meanwhile_is_not_told(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent, id_token_claims=["name", "address"])
        await consents.narrow(entry, consent.id, [CITIZEN], ["name"])

        done = await redeem(entry, code)

        assert done
        assert done.claims == done.id_token_claims == ("name",)


async def test_a_withdrawal_and_fifty_redemptions_leave_nothing_alive(
    at: Later, consent: Consent
) -> None:
    async with at() as entry:
        made = [await issue(entry, consent) for _ in range(50)]

    async def stop() -> None:
        async with at() as entry:
            await consents.withdraw(entry, consent.id, [CITIZEN])

    async def attempt(code: str) -> codes.Redeemed | None:
        async with at() as entry:
            return await redeem(entry, code)

    tries = [attempt(code) for code in made]
    *done, _ = await asyncio.gather(*tries[:25], *tries[25:], stop())

    async with at(seconds=1) as entry:
        for each in done:
            assert each is None or not await access_tokens.find(entry, each.access_token)
        assert not [code for code in made if await _redeems(at, code)]


async def test_fifty_withdrawals_and_issues_leave_nothing_to_redeem(
    at: Later, consent: Consent
) -> None:
    async def stop() -> None:
        async with at() as entry:
            await consents.withdraw(entry, consent.id, [CITIZEN])

    async def attempt() -> str | None:
        try:
            async with at() as entry:
                return await issue(entry, consent)
        except ConsentMissing:
            return None

    made = await asyncio.gather(
        *(attempt() for _ in range(25)), stop(), *(attempt() for _ in "x" * 25)
    )

    assert not [code for code in made if code and await _redeems(at, code)]


async def test_a_new_consent_does_not_wake_old_tokens(
    at: Later, consent: Consent, parking: clients.Client
) -> None:
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
        assert done
        await consents.withdraw(entry, consent.id, [CITIZEN])
        await agree(entry, parking, claims=("name", "address"))

        assert not await access_tokens.find(entry, done.access_token)


async def test_a_purge_takes_what_is_over_and_leaves_the_rest(at: Later, consent: Consent) -> None:
    async with at() as entry:
        await redeem(entry, await issue(entry, consent, offline_until=None))
        kept = await redeem(entry, await issue(entry, consent))
        assert kept

    async with at(days=2) as entry:
        gone = await families.purge(entry)

        assert gone == 3  # two access tokens, one code
        assert await families.end(entry, kept.code)


async def _redeems(at: Later, code: str) -> bool:
    try:
        async with at(seconds=2) as entry:
            return await redeem(entry, code) is not None
    except CodeReplayed:
        return False


@pytest.mark.parametrize(("code", "token"), [(30, 60), (60, 300)])
async def test_a_profile_says_how_long_things_live(
    at: Later, consent: Consent, code: int, token: int
) -> None:
    """In seconds, of the code until it is redeemed and of the access token after that."""
    lives, token_lives = timedelta(seconds=code), timedelta(seconds=token)
    async with at() as entry:
        late = await issue(entry, consent, lives=lives)
        kept = await issue(entry, consent, lives=lives)
    async with at(seconds=code) as entry:
        assert await redeem(entry, late, token_lives=token_lives) is None
    async with at(seconds=code - 1) as entry:
        done = await redeem(entry, kept, token_lives=token_lives)
        assert done
        assert done.expires_at == entry.at + token_lives
    for seconds, works in ((code + token - 2, True), (code + token - 1, False)):
        async with at(seconds=seconds) as entry:
            assert bool(await access_tokens.find(entry, done.access_token)) is works
