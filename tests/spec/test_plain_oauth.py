"""OAuth 2.0 without a sign-in: an access token for an API, and nothing that says who it is.

Specs: RFC 6749 §3.3; OpenID Connect Core §3.1.2.1; FAPI 2.0 Security Profile §5.3.2.1.
"""

import pytest

from relying_parties import metadata as rules
from tests.support import services, verdicts
from tests.support.gateway import Citizen
from tests.support.mutual import (
    BERTHS,
    Node,
    signed_on,
)
from tests.support.services import document

# OAuth 2.0 without a sign-in.


async def test_a_service_may_do_without_a_sign_in(mutual: Node) -> None:
    """OIDF openid=plain_oauth: an access token, no ID token; userinfo is for sign-ins."""
    archive = services.ARCHIVE["identifier"]
    told = await signed_on(mutual, "plain", BERTHS, scope="all", resource=archive, nonce=None)

    assert "id_token" not in told
    unauthorized_here = await mutual.userinfo(told["access_token"], BERTHS)
    assert (unauthorized_here.status_code, unauthorized_here.json()) == (
        403,
        {"error": "insufficient_scope"},
    )
    assert "id_token" in await signed_on(mutual, "plain", BERTHS)


async def test_a_refresh_makes_no_sign_in_of_it(mutual: Node) -> None:
    told = await signed_on(mutual, "plain", BERTHS, scope="profile offline_access", nonce=None)
    named = {"client_id": "plain", "grant_type": "refresh_token"}

    again = await mutual.post("/token", named | {"refresh_token": told["refresh_token"]}, BERTHS)

    assert again.status_code == 200, again.text
    assert "id_token" not in again.json()


@pytest.mark.parametrize("scope", ["", None])
async def test_a_request_that_asks_for_nothing_is_refused(mutual: Node, scope: str | None) -> None:
    """RFC 6749 §3.3."""
    form = services.asked("plain", scope=scope)

    verdicts.refused(await mutual.post("/par", form, BERTHS), "invalid_scope")


def test_only_profiles_that_push_do_without_a_sign_in() -> None:
    made = document("berths", openidOptional=True)

    assert ("spec.openidOptional", "profile_forbids") in rules.problems(made)


async def test_others_must_ask_for_a_sign_in(mutual: Node, ana: Citizen) -> None:
    form = services.asked("vouched", scope="profile")

    verdicts.refused(await mutual.post("/par", form, BERTHS), "invalid_scope")
