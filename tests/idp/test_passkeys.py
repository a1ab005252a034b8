"""Passkeys open their account, few of them, whatever happens at once.

Specs: WebAuthn Level 3 §6.1.1, §7.1, §7.2; security: RC-04, RC-05, WA-11 to WA-25 by id.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from idp import accounts, authenticators, sessions
from idp.authenticators import passkeys, passwords
from idp.errors import LastWayIn
from keys.entry import Entry, statement
from keys.pool import Pool
from keys.vault import Vault
from tests.support.authenticator import BE, BS, SYNCED, UP, UV
from tests.support.passkeys import (
    a_device,
    an_account,
    enrol,
    enrolled,
    to_add,
    to_use,
    verify,
    why,
)

MANY = 50
HAPPENED = statement(sa.text("SELECT kind, object FROM keys.journal ORDER BY seq"))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.SECP256R1()), id="ES256"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="EdDSA"),
        pytest.param(rsa.generate_private_key(65537, 2048), id="RS256"),
        pytest.param(mldsa.MLDSA44PrivateKey.generate(), id="ML-DSA-44"),
        pytest.param(mldsa.MLDSA65PrivateKey.generate(), id="ML-DSA-65"),
        pytest.param(mldsa.MLDSA87PrivateKey.generate(), id="ML-DSA-87"),
    ],
)
@pytest.mark.parametrize("fmt", ["none", "packed"])
async def test_a_passkey_opens_its_account(entry: Entry, vault: Vault, key: Any, fmt: str) -> None:
    account = await an_account(entry, vault)
    device = a_device(key=key, fmt=fmt)

    added = await enrolled(entry, vault, account, device)
    opened = await verify(entry, vault, device.get(to_use(vault, entry.at)))

    assert (opened.account_id, opened.passkey.id) == (account.id, added.id)
    assert (opened.aal, opened.amr) == (2, ("pop", "user", "mfa", "swk"))
    assert added.transports == ("hybrid", "internal")


async def test_one_that_stays_on_its_device_is_no_software_key(entry: Entry, vault: Vault) -> None:
    account, device = await an_account(entry, vault), a_device(flags=UP | UV, extensions=b"\xa0")
    added = await enrolled(entry, vault, account, device)

    opened = await verify(entry, vault, device.get(to_use(vault, entry.at)))

    assert opened.amr == ("pop", "user", "mfa")
    assert (added.backup_eligible, added.backed_up) == (False, False)


async def test_a_quiet_upgrade_needs_no_touch_but_its_use_does(entry: Entry, vault: Vault) -> None:
    """WebAuthn §7.1 step 15."""
    account, device = await an_account(entry, vault), a_device(flags=BE | BS)
    asked, made = await to_add(entry, vault, account), await to_add(entry, vault, account)

    assert await why(enrol(entry, vault, account, device.create(asked))) == "attestation"
    await enrol(entry, vault, account, device.create(made), mediation="conditional")

    assert await why(verify(entry, vault, device.get(to_use(vault, entry.at)))) == "assertion"
    touched = replace(device, flags=SYNCED)
    assert await why(verify(entry, vault, touched.get(to_use(vault, entry.at)))) == "taken"


async def test_what_a_device_is_asked_tells_nothing(entry: Entry, vault: Vault) -> None:
    """WA-22: to sign in, the same for everybody; to add, no address in the handle."""
    account = await an_account(entry, vault)
    await enrolled(entry, vault, account, a_device(credential_id=b"first"))

    use, add = to_use(vault, entry.at), await to_add(entry, vault, account)

    assert use.pop("challenge") != to_use(vault, entry.at)["challenge"]
    assert use == {
        "rpId": "id.example",
        "timeout": 300_000,
        "hints": ["client-device", "hybrid", "security-key"],
        "userVerification": "required",
        "allowCredentials": [],
    }
    assert [one["alg"] for one in add["pubKeyCredParams"]] == [-48, -49, -50, -8, -7, -257]
    assert (add["attestation"], add["hints"]) == ("none", use["hints"])
    assert [one["id"] for one in add["excludeCredentials"]] == ["Zmlyc3Q"]
    assert len(account.handle) == 64


@pytest.mark.parametrize(
    ("before", "now", "suspicious"),
    [(5, 6, False), (5, 5, True), (5, 4, True), (5, 0, True), (0, 0, False), (0, 1, False)],
)
async def test_a_counter_that_goes_backwards_is_told(
    entry: Entry, vault: Vault, before: int, now: int, suspicious: bool
) -> None:
    """WA-11: after the signature; nobody is locked out by it."""
    account, device = await an_account(entry, vault), a_device(counter=before)
    await enrolled(entry, vault, account, device)
    forged = replace(device, counter=now, key=ec.generate_private_key(ec.SECP256R1()))

    assert await why(verify(entry, vault, forged.get(to_use(vault, entry.at)))) == "assertion"
    opened = await verify(entry, vault, replace(device, counter=now).get(to_use(vault, entry.at)))
    await entry.commit()

    kinds = [row["kind"] for row in await entry.all(HAPPENED)]
    assert opened.suspicious is suspicious
    assert (opened.aal, "pop" in opened.amr) == ((1, False) if suspicious else (2, True))
    assert (opened.passkey.suspected_at is not None) is suspicious
    assert kinds.count("PasskeySuspected") == int(suspicious)


async def test_two_copies_at_once_are_noticed(pool: Pool, entry: Entry, vault: Vault) -> None:
    """WA-11: the count is compared where it is stored."""
    account, device = await an_account(entry, vault), a_device(counter=5)
    await enrolled(entry, vault, account, device)
    await entry.commit()
    copy = replace(device, counter=6)

    async def use() -> bool:
        async with Entry(pool, entry.at) as own:
            answer = copy.get(to_use(vault, own.at))
            return (await verify(own, vault, answer)).suspicious

    told = await asyncio.gather(*(use() for _ in range(10)))

    assert sorted(told) == [False] + [True] * 9


async def test_of_fifty_tries_one_signs_in(pool: Pool, entry: Entry, vault: Vault) -> None:
    """RC-04."""
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    await entry.commit()
    answer = device.get(to_use(vault, entry.at))

    async def sign_in(own: Entry) -> None:
        opened = await verify(own, vault, answer)
        await sessions.start(
            own, opened.account_id, kind="citizen", amr=opened.amr, aal=opened.aal, device="test"
        )

    told = await at_once(pool, entry, [sign_in] * MANY)

    assert sorted(told) == ["challenge_used"] * (MANY - 1) + ["taken"]
    assert len(await sessions.listed(entry, account.id)) == 1


async def test_of_fifty_enrolments_one_is_kept(pool: Pool, entry: Entry, vault: Vault) -> None:
    """RC-04, when it is made."""
    account = await an_account(entry, vault)
    await entry.commit()
    answer = a_device().create(await to_add(entry, vault, account))

    told = await at_once(
        pool, entry, [lambda own: enrol(own, vault, account, answer) for _ in range(MANY)]
    )

    assert sorted(told) == ["challenge_used"] * (MANY - 1) + ["taken"]
    assert len(await passkeys.listed(entry, account.id)) == 1


async def test_an_id_is_one_citizens(pool: Pool, entry: Entry, vault: Vault) -> None:
    """RC-05: two who register the same id at once; one of them has it."""
    ana, bob = await an_account(entry, vault), await an_account(entry, vault, "bob@example.org")
    await entry.commit()
    wishes = []
    for account in (ana, bob):
        answer = a_device(credential_id=b"same").create(await to_add(entry, vault, account))
        wishes.append(
            lambda own, account=account, answer=answer: enrol(own, vault, account, answer)
        )

    told = await at_once(pool, entry, wishes)

    assert sorted(told) == ["known", "taken"]
    hers, his = await passkeys.listed(entry, ana.id), await passkeys.listed(entry, bob.id)
    assert len(hers) + len(his) == 1


async def test_twenty_are_enough(pool: Pool, entry: Entry, vault: Vault) -> None:
    """WA-25: and no more fit through the door at once."""
    account = await an_account(entry, vault)
    await entry.commit()
    answers = [a_device().create(await to_add(entry, vault, account)) for _ in range(30)]

    told = await at_once(
        pool,
        entry,
        [lambda own, one=one: enrol(own, vault, account, one) for one in answers],
    )

    assert sorted(told) == ["taken"] * passkeys.MOST + ["too_many"] * 10
    assert len(await passkeys.listed(entry, account.id)) == passkeys.MOST


async def test_the_last_way_in_stays(pool: Pool, entry: Entry, vault: Vault) -> None:
    """WA-23: also when two are removed at once."""
    account = await an_account(entry, vault)
    kept = [await enrolled(entry, vault, account, a_device()) for _ in range(2)]
    await entry.commit()

    async def remove(one: passkeys.Passkey) -> bool:
        async with Entry(pool, entry.at) as own:
            try:
                return await passkeys.remove(own, account.id, one.id)
            except LastWayIn:
                return False

    assert sorted(await asyncio.gather(*(remove(one) for one in kept))) == [False, True]
    last = (await passkeys.listed(entry, account.id))[0]
    with pytest.raises(LastWayIn):
        await passkeys.remove(entry, account.id, last.id)
    await passwords.set(entry, account.id, "a hash")
    assert await passkeys.remove(entry, account.id, last.id)


async def test_a_locked_account_stays_shut(entry: Entry, vault: Vault) -> None:
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    await accounts.lock(entry, account.id, "asked")

    assert await why(verify(entry, vault, device.get(to_use(vault, entry.at)))) == "account"


async def test_a_passkey_is_its_citizens_to_name_and_remove(entry: Entry, vault: Vault) -> None:
    ana, bob = await an_account(entry, vault), await an_account(entry, vault, "bob@example.org")
    hers = await enrolled(entry, vault, ana, a_device())
    await passwords.set(entry, ana.id, "a hash")
    await passwords.set(entry, bob.id, "a hash")

    assert not await passkeys.rename(entry, bob.id, hers.id, "Mine now")
    assert not await passkeys.remove(entry, bob.id, hers.id)
    assert await passkeys.rename(entry, ana.id, hers.id, "The blue laptop")
    assert [one.name for one in await passkeys.listed(entry, ana.id)] == ["The blue laptop"]
    assert await passkeys.remove(entry, ana.id, hers.id)
    assert (await authenticators.enrolled(entry, ana.id)).passkeys == 0


async def at_once(
    pool: Pool, entry: Entry, wishes: list[Callable[[Entry], Awaitable[object]]]
) -> list[str]:
    """Let each wish have an entry of its own, all at the same time; returns why each failed."""

    async def one(wish: Callable[[Entry], Awaitable[object]]) -> str:
        async with Entry(pool, entry.at) as own:
            return await why(wish(own))

    return await asyncio.gather(*(one(wish) for wish in wishes))
