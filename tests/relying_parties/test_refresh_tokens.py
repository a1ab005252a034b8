"""What works in the citizen's absence: security.md groups RT and RC-02."""

import asyncio
from datetime import timedelta

import pytest

from relying_parties import clients, consents
from relying_parties.consents import Consent
from relying_parties.errors import RefreshReplayed
from relying_parties.grants import access_tokens, families, refresh_records, refresh_tokens
from relying_parties.grants.refresh_tokens import Narrowed, Refreshed
from tests.relying_parties.conftest import CITIZEN, TOKEN_LIVES, Later, issue, redeem

KEY = b"k" * 32
PARKING = "parking-permits"


@pytest.fixture
async def token(at: Later, consent: Consent) -> str:
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
        assert done
        return await refresh_tokens.start(
            entry,
            code=done.code,
            client_id=PARKING,
            scope="openid profile offline_access",
            expires_at=consent.expires_at,
        )


async def test_a_confidential_service_keeps_its_token(at: Later, token: str) -> None:
    for day in (1, 20, 40):  # each within thirty days of the last
        async with at(days=day) as entry:
            done = await refresh_tokens.use(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
            )

            assert done
            assert done.refresh_token == token
            found = await access_tokens.find(entry, done.access_token)
            assert found
            assert found.claims == ("name", "address")


async def test_thirty_idle_days_end_it(at: Later, token: str) -> None:
    async with at(days=30) as entry:
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )


async def test_daily_use_does_not_outlive_the_consent(
    at: Later, token: str, consent: Consent
) -> None:
    for day in range(0, 365, 20):
        async with at(days=day) as entry:
            assert await refresh_tokens.use(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
            )

    async with at(days=365) as entry:
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )


async def test_another_client_changes_nothing(at: Later, token: str) -> None:
    async with at() as entry:
        assert not await refresh_tokens.use(
            entry, token, client_id="library", token_lives=TOKEN_LIVES
        )
        assert not await refresh_tokens.revoke(entry, token, client_id="library")
        assert await refresh_tokens.use(entry, token, client_id=PARKING, token_lives=TOKEN_LIVES)


async def test_a_withdrawal_ends_it_at_once(at: Later, token: str, consent: Consent) -> None:
    async with at() as entry:
        await consents.withdraw(entry, consent.id, [CITIZEN])

    async with at() as entry:
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )


async def test_a_suspension_ends_it_at_once(at: Later, token: str) -> None:
    async with at() as entry:
        await clients.suspend(entry, PARKING, "incident", "operator")
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )

        await clients.resume(entry, PARKING, "operator")
        assert await refresh_tokens.use(entry, token, client_id=PARKING, token_lives=TOKEN_LIVES)


async def test_a_scope_gets_narrower_and_never_wider(at: Later, token: str) -> None:
    async with at() as entry:
        done = await refresh_tokens.use(
            entry,
            token,
            client_id=PARKING,
            token_lives=TOKEN_LIVES,
            narrowed=Narrowed("openid", ["address"]),
        )

        assert done
        assert (done.scope, done.claims) == ("openid", ("name",))
        found = await access_tokens.find(entry, done.access_token)
        assert found
        assert (found.scope, found.claims) == ("openid", ("name",))
        wider = Narrowed("openid health", [])
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, narrowed=wider
        )


async def test_a_public_client_gets_a_new_one_each_time(at: Later, token: str) -> None:
    async with at() as entry:
        first = await refresh_tokens.rotate(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )
        assert first
        second = await refresh_tokens.rotate(
            entry, first.refresh_token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )

        assert second
        assert len({token, first.refresh_token, second.refresh_token}) == 3


@pytest.mark.parametrize("member", refresh_records.BOUND)
async def test_what_is_for_a_key_stays_for_it(at: Later, consent: Consent, member: str) -> None:
    """RFC 9449 §5, RFC 8705 §4: from one use to the next, whatever else comes along."""
    cnf = {member: "t" * 43}
    wrong = [
        None,
        {member: "o" * 43},
        {name: "t" * 43 for name in refresh_records.BOUND if name != member},
    ]
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
        assert done
        token = await refresh_tokens.start(
            entry,
            code=done.code,
            client_id=PARKING,
            scope="openid",
            expires_at=consent.expires_at,
            cnf=cnf,
        )
        for _ in range(2):
            for other in wrong:
                assert not await refresh_tokens.rotate(
                    entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY, cnf=other
                )
            next_one = await refresh_tokens.rotate(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY, cnf=cnf
            )
            assert next_one
            token = next_one.refresh_token


async def test_a_lost_answer_is_told_again(at: Later, token: str) -> None:
    async with at() as entry:
        first = await refresh_tokens.rotate(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )
    for seconds in (3, 10):
        async with at(seconds=seconds) as entry:
            again = await refresh_tokens.rotate(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
            )

            assert first
            assert again
            assert again.refresh_token == first.refresh_token

    async with at(seconds=20) as entry:
        assert await refresh_tokens.rotate(
            entry, again.refresh_token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )


@pytest.mark.parametrize("used", [False, True], ids=["too-late", "successor-used"])
async def test_a_replaced_token_that_comes_back_ends_the_family(
    at: Later, token: str, used: bool
) -> None:
    async with at() as entry:
        last = await refresh_tokens.rotate(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )
        assert last
        if used:
            last = await refresh_tokens.rotate(
                entry, last.refresh_token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
            )
            assert last

    async with at(seconds=2 if used else 11) as entry:
        with pytest.raises(RefreshReplayed):
            await refresh_tokens.rotate(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
            )

    async with at(seconds=12) as entry:
        assert not await access_tokens.find(entry, last.access_token)
        assert not await refresh_tokens.rotate(
            entry, last.refresh_token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
        )


async def test_fifty_rotations_at_once_start_one_chain(at: Later, token: str) -> None:
    async def attempt() -> Refreshed | None:
        async with at(seconds=1) as entry:
            return await refresh_tokens.rotate(
                entry, token, client_id=PARKING, token_lives=TOKEN_LIVES, key=KEY
            )

    done = await asyncio.gather(*(attempt() for _ in range(50)))

    assert len({each.refresh_token for each in done if each}) == 1


async def test_a_revoked_token_takes_its_family_along(at: Later, token: str) -> None:
    async with at() as entry:
        done = await refresh_tokens.use(entry, token, client_id=PARKING, token_lives=TOKEN_LIVES)
        assert done

        assert await refresh_tokens.revoke(entry, token, client_id=PARKING)

        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )
        assert not await access_tokens.find(entry, done.access_token)


async def test_signing_out_leaves_what_was_agreed_for_their_absence(
    at: Later, token: str, consent: Consent
) -> None:
    async with at() as entry:
        online = await redeem(entry, await issue(entry, consent, offline_until=None))
        assert online

        assert await families.end_for_subjects(entry, [CITIZEN], offline_too=False) == 1

        assert not await access_tokens.find(entry, online.access_token)
        assert await refresh_tokens.use(entry, token, client_id=PARKING, token_lives=TOKEN_LIVES)
        assert await families.end_for_subjects(entry, [CITIZEN], offline_too=True) == 1
        assert not await refresh_tokens.use(
            entry, token, client_id=PARKING, token_lives=TOKEN_LIVES
        )


async def test_a_code_nobody_redeemed_is_no_grant_yet(at: Later, consent: Consent) -> None:
    """TK-19: offline access or not, it ends with the session."""
    async with at() as entry:
        code = await issue(entry, consent, sid="here")

        assert await families.end_for_subjects(entry, [CITIZEN], sids=["here"], offline_too=False)

        assert await redeem(entry, code) is None


async def test_one_session_ends_alone(at: Later, consent: Consent) -> None:
    async with at() as entry:
        here = await redeem(entry, await issue(entry, consent, offline_until=None, sid="here"))
        there = await redeem(entry, await issue(entry, consent, offline_until=None, sid="there"))
        assert here
        assert there

        await families.end_for_subjects(entry, [CITIZEN], sids=["here"], offline_too=False)

        assert not await access_tokens.find(entry, here.access_token)
        assert await access_tokens.find(entry, there.access_token)


async def test_an_access_token_dies_after_five_minutes(at: Later, consent: Consent) -> None:
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
        assert done

    async with at(seconds=299) as entry:
        assert await access_tokens.find(entry, done.access_token)
    async with at(seconds=300) as entry:
        assert not await access_tokens.find(entry, done.access_token)
    assert done.expires_at - entry.at == timedelta(0)


async def test_nobody_else_may_look_into_or_revoke_a_token(at: Later, consent: Consent) -> None:
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
        assert done

        assert not await access_tokens.introspect(entry, done.access_token, client_id="library")
        assert not await access_tokens.revoke(entry, done.access_token, client_id="library")
        assert await access_tokens.introspect(entry, done.access_token, client_id=PARKING)
        assert await access_tokens.revoke(entry, done.access_token, client_id=PARKING)
        assert not await access_tokens.find(entry, done.access_token)
