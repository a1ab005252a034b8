"""Writing a new version of a service: the form in the browser changes what was changed, no more."""

import copy
from html.parser import HTMLParser
from typing import Any

import pytest

from gateway.cli.services import rules
from relying_parties import onboarding
from relying_parties.metadata import MEMBERS
from tests import factories
from tests.support import services
from tests.support.administration import officer
from tests.support.browser import Browser
from tests.support.gateway import Gateway

# A value for every member, in every language that a document may have.
VALUES: dict[str, Any] = {
    "name": {"en": "Berths", "fr": "Places", "ar": "مراس", "cy": "Angorfeydd"},
    "description": {"en": "Rent a berth", "cy": "Rhentu angorfa"},
    "profile": "oidc-basic",
    "start": "https://rp.example/start",
    "initiateLoginUri": "https://rp.example/sign-in",
    "redirectUris": [services.CALLBACK, services.SECOND],
    "postLogoutRedirectUris": [services.AFTER],
    "backchannelLogoutUri": "https://rp.example/backchannel-logout",
    "frontchannelLogoutUri": "https://rp.example/frontchannel-logout",
    "sectorIdentifierUri": "https://rp.example/redirects.json",
    "auth": {
        "method": "private_key_jwt",
        "jwks": {
            "keys": [
                copy.deepcopy(factories.A_KEY),
                factories.A_KEY | {"kid": "to-encrypt-to", "use": "enc"},
            ]
        },
    },
    "assertionAlg": "PS256",
    "requestAlg": "RS256",
    "idTokenAlg": "ES256",
    "introspectionAlg": "RS256",
    "idTokenEncryption": {"alg": "ECDH-ES", "enc": "A256GCM"},
    "userinfoAlg": "ES256",
    "userinfoEncryption": {"alg": "ECDH-ES"},
    "backchannelMode": "ping",
    "backchannelRequestAlg": "PS256",
    "notificationEndpoint": "https://rp.example/ping",
    "requirePar": True,
    "requirePkce": False,
    "offlineAccess": True,
    "device": True,
    "openidOptional": False,
    "dpop": False,
    "certificateBound": True,
    "requireSignedRequest": True,
    "requestUris": ["https://rp.example/request.jwt"],
    "responseTypes": ["code"],
    "responseModes": ["query", "form_post.jwt"],
    "acr": ["http://eidas.europa.eu/LoA/substantial", "phr"],
    "logo": "https://rp.example/logo.png",
    "contact": "help@rp.example",
    "privacy": "https://rp.example/privacy",
    "terms": "https://rp.example/terms",
    "otherWays": {"cy": "Ffoniwch ni"},
    "lifeEvents": ["moving-house", "retiring"],
    "needs": {"en": "boat, mooring, quay", "cy": "cwch"},
    "purposes": [
        {
            "id": "berth",
            "name": {"en": "To rent you a berth", "cy": "I rentu angorfa"},
            "keepDays": 90,
            "claims": [
                factories.asks("name", why={"en": "To write the contract", "cy": "Contract"}),
                factories.asks("email", "optional"),
                factories.asks("given_name", "optional"),
                factories.asks(
                    "is_resident_of", area={"country_code": "GB", "locality": "Northtown"}
                ),
                factories.asks("birthdate", basis="law"),
            ],
        },
        {
            "id": "post",
            "name": {"en": "To write to you"},
            "keepDays": 365,
            "claims": [factories.asks("address")],
        },
    ],
    "authorizationDetailsTypes": ["data-share", "proactive-decision"],
    "grantManagement": "optional",
    "resource": {"identifier": "https://api.rp.example/", "scopes": ["berths:read"]},
    "calls": [services.READS],
    "onBehalf": [services.READS],
    "events": {
        "types": ["claims-changed", "session-revoked"],
        "endpoint": "https://rp.example/events",
        "answerDays": 3,
    },
    "requests": True,
    "corrections": ["birthdate", "given_name"],
    "selfRegistered": True,
}


# No profile allows all of it: one that asks from behind is strict in other things.
BEHIND = {"backchannelMode", "notificationEndpoint"}
STRICT = {
    "profile": "ciba",
    "requestAlg": "ES256",
    "introspectionAlg": "ES256",
    "requirePkce": True,
}


def with_all(client_id: str, *, behind: bool = False) -> dict[str, Any]:
    """A document with every member that its profile allows; no two services offer one API."""
    api = VALUES["resource"] | {"identifier": f"https://api.rp.example/{client_id}"}
    spec = VALUES | {"resource": api} | (STRICT if behind else dict.fromkeys(BEHIND))
    given = {member: value for member, value in spec.items() if value is not None}
    return factories.a_document(client_id, **given)


class Fields(HTMLParser):
    """What a browser would send of the page's form, untouched."""

    def __init__(self, page: str, form: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._form, self._inside, self._name, self._chosen = form, False, "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: text or "" for name, text in attrs}
        if tag == "form":
            self._inside = at.get("id") == self._form
        if not self._inside:
            return
        if tag == "input" and (at.get("type") != "checkbox" or "checked" in at):
            self.sent[at["name"]] = at.get("value", "")
        elif tag in ("textarea", "select"):
            self._name, self._chosen = at["name"], False
            self.sent[self._name] = ""
        elif tag == "option" and not self._chosen:
            # The first is chosen where none is said to be.
            self._chosen = "selected" in at
            if self._chosen or not self.sent.get(f"{self._name} first"):
                self.sent[self._name] = at["value"]
                self.sent[f"{self._name} first"] = "seen"

    def handle_data(self, data: str) -> None:
        if self._inside and self.lasttag == "textarea" and self._name:
            self.sent[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self.sent.pop(f"{self._name} first", None)
            self._name = ""
        elif tag == "form":
            self._inside = False


async def saved(gateway: Gateway, client_id: str, **touched: str) -> dict[str, Any]:
    """Open the newest version, save it as it is but for what was ``touched``; what it says then."""
    browser = Browser(gateway, (await officer(gateway, "registrar")).cookie)
    path = f"/admin/services/{client_id}/edit"
    page = await browser.send("GET", path)
    sent = Fields(page.text, "draft-form").sent | touched
    answer = await browser.send("POST", path, sent)
    assert answer.status_code == 303, answer.text
    version = int(answer.headers["location"].rsplit("/", 1)[1])
    async with gateway.runtime.entry() as entry:
        found = await onboarding.find(entry, client_id, version)
    assert found
    return dict(found.document)


def test_every_member_has_a_value_here() -> None:
    assert VALUES.keys() == MEMBERS.keys()


@pytest.mark.parametrize("member", MEMBERS)
async def test_saving_without_a_change_changes_nothing(gateway: Gateway, member: str) -> None:
    """Whether the form has a field for the member or not."""
    client_id = f"edited-{member.lower()}"
    document = with_all(client_id, behind=member in BEHIND)
    async with gateway.runtime.entry() as entry:
        await onboarding.draft(entry, document, author="test", rules=rules(gateway.runtime))

    again = await saved(gateway, client_id)

    assert again["spec"].get(member) == document["spec"][member]
    assert again == document


async def test_a_service_of_the_default_profile_keeps_it(gateway: Gateway) -> None:
    document = factories.a_document("edited-default")
    del document["spec"]["profile"]
    await gateway.service(document)

    again = await saved(gateway, "edited-default")

    assert again["spec"]["profile"] == "gov-standard"


async def test_what_is_emptied_is_gone(gateway: Gateway) -> None:
    await gateway.service(with_all("edited-emptied"))

    again = await saved(
        gateway, "edited-emptied", **{"spec.backchannelLogoutUri": "", "spec.description.en": ""}
    )

    assert not {"backchannelLogoutUri", "description"} & again["spec"].keys()


async def test_the_page_of_a_service_tells_where_it_hears_of_sign_outs(gateway: Gateway) -> None:
    await gateway.service(with_all("edited-shown"))
    browser = Browser(gateway, (await officer(gateway, "registrar")).cookie)

    page = await browser.send("GET", "/admin/services/edited-shown")

    assert VALUES["backchannelLogoutUri"] in page.text
    assert VALUES["acr"][0] in page.text


async def test_events_and_grants_are_changed_in_their_fields(gateway: Gateway) -> None:
    await gateway.service(with_all("edited-events"))

    again = await saved(
        gateway,
        "edited-events",
        **{
            "spec.events.types": "claims-changed",
            "spec.events.endpoint": "",
            "spec.events.answerDays": "90",
            "spec.grantManagement": "required",
        },
    )

    assert again["spec"]["events"] == {"types": ["claims-changed"], "answerDays": 90}
    assert again["spec"]["grantManagement"] == "required"


async def test_events_and_grants_are_taken_away_in_their_fields(gateway: Gateway) -> None:
    await gateway.service(with_all("edited-quiet"))
    names = ("events.types", "events.endpoint", "events.answerDays", "grantManagement")

    again = await saved(gateway, "edited-quiet", **dict.fromkeys((f"spec.{n}" for n in names), ""))

    assert not {"events", "grantManagement"} & again["spec"].keys()


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("spec.events.types", "claims-changed\nbirthdays", "Choose one of the list"),
        ("spec.events.types", "", "There must be at least one"),
        ("spec.events.endpoint", "http://rp.example/events", "begins with https"),
        ("spec.events.answerDays", "91", "Use a number from 1 to 90"),
        ("spec.events.answerDays", "soon", "Use a number from 1 to 90"),
    ],
)
async def test_what_is_wrong_with_events_stands_at_its_field(
    gateway: Gateway, field: str, text: str, says: str
) -> None:
    client_id = "edited-wrong"
    await gateway.service(with_all(client_id))
    browser = Browser(gateway, (await officer(gateway, "registrar")).cookie)
    path = f"/admin/services/{client_id}/edit"
    sent = Fields((await browser.send("GET", path)).text, "draft-form").sent | {field: text}

    answer = await browser.send("POST", path, sent)

    assert answer.status_code == 422
    error = answer.text.split(f'id="{field}-error"')[1].split("</span> ")[1].split("<")[0]
    assert says in error
    assert Fields(answer.text, "draft-form").sent[field].split() == text.split()
