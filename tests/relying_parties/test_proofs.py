"""Proofs that were asked for stay with their code, and follow the consent."""

import pytest

from keys import opaque
from relying_parties import consents
from relying_parties.consents import Consent
from relying_parties.grants import proofs
from tests.relying_parties.conftest import CITIZEN, Later, issue


async def test_what_was_kept_is_found_with_what_is_agreed_to(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        await proofs.keep(entry, code, b"sealed")

        kept = await proofs.of_code(entry, opaque.digest(code))

    assert kept
    assert (kept.sealed, set(kept.agreed)) == (b"sealed", {"name", "address"})
    assert "sealed" not in repr(kept)


async def test_a_consent_that_narrows_narrows_proof(at: Later, consent: Consent) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        await proofs.keep(entry, code, b"sealed")
        await consents.narrow(entry, consent.id, [CITIZEN], ["name"])

        kept = await proofs.of_code(entry, opaque.digest(code))

    assert kept
    assert kept.agreed == ("name",)


@pytest.mark.parametrize("unknown", [False, True])
async def test_whoever_asked_for_none_finds_none(
    at: Later, consent: Consent, *, unknown: bool
) -> None:
    async with at() as entry:
        code = await issue(entry, consent)
        other = await issue(entry, consent)
        await proofs.keep(entry, other, b"sealed")

        assert not await proofs.of_code(entry, opaque.digest("x" if unknown else code))
