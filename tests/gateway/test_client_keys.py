"""Keys that clients publish: when it is worth to look again for one that is not known yet."""

import pytest

from gateway.oauth import client_keys
from tests.support.jws import encoded


@pytest.mark.parametrize(
    ("header", "reason", "again"),
    [
        pytest.param({"alg": "ES256", "kid": "new"}, "unknown_kid", True, id="DCR-8-new-name"),
        pytest.param({"alg": "ES256"}, "signature", True, id="DCR-8-new-key-without-a-name"),
        pytest.param({"alg": "ES256", "kid": "old"}, "signature", False, id="CA-16-forged"),
        pytest.param({"alg": "ES256"}, "aud", False, id="CA-05-for-another"),
    ],
)
def test_a_key_is_looked_for_where_the_client_may_have_rotated(
    header: dict[str, str], reason: str, *, again: bool
) -> None:
    """OpenID Connect Core §10.1.1; how often is bounded elsewhere (CA-16, SS-11)."""
    raw = f"{encoded(header)}.{encoded({})}.AAAA"

    assert client_keys.may_have_rotated(raw, reason) is again
