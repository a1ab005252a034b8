"""The same citizen is another person to each agency, for ever: OpenID Connect Core §8.1."""

from uuid import UUID

import pytest

from keys import pairwise
from keys.errors import NotSealedHere
from keys.master import MasterKey
from keys.sealing import Sealer

KEY = bytes(range(32))
ANA, BEN = UUID(int=1), UUID(int=2)


def test_a_subject_never_changes() -> None:
    """Frozen: what an agency was told once must hold in every release to come."""
    assert pairwise.subject(KEY, "northtown", ANA) == "zCJBBpBFZIbfcnNefFb0Z0LiDKQZV8X55XeKxZxilXk"
    assert pairwise.sid(KEY, "parking", ANA) == "FGuX9ELWnrEXXQRAdqewXCyYazS40h76fr1Dpm3-c98"


def test_nobody_is_the_same_anywhere_else() -> None:
    told = {
        pairwise.subject(KEY, "northtown", ANA),
        pairwise.subject(KEY, "southtown", ANA),
        pairwise.subject(KEY, "northtown", BEN),
        pairwise.subject(bytes(32), "northtown", ANA),
        pairwise.sid(KEY, "northtown", ANA),
        pairwise.sid(KEY, "southtown", ANA),
    }

    assert len(told) == 6


def test_parts_do_not_run_into_one_another() -> None:
    spelt = ANA.bytes[:1].decode("latin-1")

    assert pairwise.subject(KEY, "a", ANA) != pairwise.subject(KEY, f"a{spelt}", ANA)


def test_a_reference_opens_for_its_client_only() -> None:
    sealer = Sealer(MasterKey(KEY))
    sealed = pairwise.seal_citizen(sealer, ANA, "parking")

    assert pairwise.open_citizen(sealer, sealed, "parking") == ANA
    assert sealed != pairwise.seal_citizen(sealer, ANA, "parking")
    assert ANA.bytes not in sealed
    with pytest.raises(NotSealedHere):
        pairwise.open_citizen(sealer, sealed, "tax")
    assert pairwise.citizen_of(sealer, sealed, "parking") == ANA
    assert pairwise.citizen_of(sealer, sealed, "tax") is None
