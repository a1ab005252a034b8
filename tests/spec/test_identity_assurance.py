"""OpenID Connect for Identity Assurance: claims with the proof that they were checked.

A parameter names the clause of the specification, or the module of the OpenID Foundation's
suite that asks the same.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from gateway.oauth.verified import shape
from idp import accounts, attributes, disputes
from idp.proofing import journeys, sandbox
from relying_parties import consents, releases
from tests import factories
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

NAMES = ("given_name", "birthdate", "nationalities", "address", "age_over_18")
HELD = {
    "given_name": "Robin",
    "family_name": "Tester",
    "birthdate": "1980-02-29",
    "nationalities": ["GB", "FR"],
    "address": {"street_address": "1 Mill Lane", "locality": "Northtown", "country_code": "GB"},
}
PLAIN = {"trust_framework": None}
DOCUMENT = {"type": {"value": "document"}}
RECORD = {"type": {"value": "electronic_record"}}
PASSPORT, IN_PERSON, REGISTER = (
    {"values": [kind]} for kind in ("passport", "vpip", "population_register")
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z")


def registered(client_id: str, *rows: dict[str, Any]) -> dict[str, Any]:
    claims = [*(factories.asks(name, "optional") for name in NAMES), *rows]
    purpose = {"id": "all", "name": {"en": "To test this"}, "claims": claims}
    return services.document(client_id, purposes=[purpose])


HOW = factories.asks("verification", "optional")
BY_WHAT = factories.asks("evidence", "optional")
NUMBER = factories.asks("documents", "optional")


@pytest.fixture(scope="module")
async def proofs(gateway: Gateway) -> Gateway:
    """A gateway with services that may have proof, some of it, or none."""
    for made in (
        registered("proves", HOW, BY_WHAT, NUMBER),
        registered("knows-how", HOW),
        registered("believes"),
    ):
        await gateway.service(made)
    await gateway.settled()
    return gateway


async def proved(gateway: Gateway, *clients: str) -> Citizen:
    """Somebody whom the register knows."""
    someone = await gateway.citizen(*clients)
    number = f"XD{uuid4().int % 10**7:07d}"
    person = {"person": str(uuid4()), "document_number": number, "attributes": HELD}
    async with gateway.runtime.entry() as entry:
        vault = gateway.runtime.vault
        await journeys.complete(entry, vault, someone.account, sandbox.known(person))
    return someone


def wants(*names: str, verification: Any = PLAIN, **more: Any) -> dict[str, Any]:
    return {"verification": verification, "claims": dict.fromkeys(names) | more}


async def told(
    gateway: Gateway, someone: Citizen, client_id: str, userinfo: Any, id_token: Any = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sign on; return what userinfo and the ID token tell."""
    claims = {}
    if userinfo is not None:
        claims["userinfo"] = {"verified_claims": userinfo}
    if id_token is not None:
        claims["id_token"] = {"verified_claims": id_token}
    asked = {"scope": "openid", "claims": json.dumps(claims)}
    answer = await services.tokens(gateway, someone, client_id, **asked)
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    read = await gateway.get("/userinfo", headers=bearer)
    assert read.status_code == 200, read.text
    body = read.json()
    token = verdicts.claims(answer["id_token"])
    for one in (body, token):
        valid(one.get("verified_claims"), (await metadata(gateway)))
    return body, token


async def metadata(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = (await gateway.get("/.well-known/openid-configuration")).json()
    return found


def valid(told: Any, known: Mapping[str, Any]) -> None:
    """Whether it is of the form of the schema, and nothing that the metadata does not name."""
    for each in told if isinstance(told, list) else [told] if told is not None else []:
        assert each.keys() == {"verification", "claims"}
        proof = each["verification"]
        assert proof["trust_framework"] in known["trust_frameworks_supported"]
        assert set(each["claims"]) <= set(known["claims_in_verified_claims_supported"])
        shaped(shape.VERIFICATION, {name: one for name, one in proof.items() if name != "evidence"})
        for item in proof.get("evidence", ()):
            assert item["type"] in known["evidence_supported"]
            shaped(shape.EVIDENCE[item["type"]], item)
            for check in item.get("check_details", ()):
                assert check["check_method"] in known["documents_check_methods_supported"]
            if details := item.get("document_details"):
                assert details["type"] in known["documents_supported"]
            if record := item.get("record"):
                assert record["type"] in known["electronic_records_supported"]


def shaped(known: Any, told: Any) -> None:
    if known is shape.LEAF:
        assert isinstance(told, str)
        assert told
    elif isinstance(known, list):
        assert told
        for one in told:
            shaped(known[0], one)
    else:
        assert told
        assert told.keys() <= known.keys()
        for name, one in told.items():
            shaped(known[name], one)


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(None, id="IDA-5.3-null"),
        pytest.param({}, id="ekyc-server-happypath-emptyobject"),
        pytest.param({"essential": False}, id="ekyc-server-happypath-essentialfalse"),
        pytest.param({"essential": True}, id="IDA-5.3-essential"),
        pytest.param({"value": "Robin"}, id="IDA-5.3-value"),
        pytest.param({"values": ["Alex", "Robin"]}, id="IDA-5.3-values"),
    ],
)
async def test_a_claim_goes_out_with_its_proof(proofs: Gateway, wish: Any) -> None:
    """ekyc-server-happypath: in both places, and in the open of neither."""
    someone = await proved(proofs, "proves")
    asked = wants(given_name=wish)

    read, token = await told(proofs, someone, "proves", asked, asked)

    wanted = {"verification": {"trust_framework": "eidas"}, "claims": {"given_name": "Robin"}}
    assert read.keys() == {"sub", "verified_claims"}
    assert (read["verified_claims"], token["verified_claims"]) == (wanted, wanted)
    assert "given_name" not in token


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param({"shoe_size": None}, id="ekyc-server-unknown-claim-omitted"),
        pytest.param(
            {"shoe_size": {"essential": True}}, id="ekyc-server-unknown-essential-claim-omitted"
        ),
        pytest.param(
            {"sh\u00f6e $'\"<": None}, id="ekyc-server-unknown-claim-specialchars-omitted"
        ),
        pytest.param({"middle_name": {"essential": True}}, id="IDA-5.7.2-not-held"),
        pytest.param({"family_name": None}, id="IDA-5.7.3-not-registered"),
        pytest.param({"email": None}, id="IDA-5.7.2-told-and-never-proved"),
        pytest.param({"evidence": None, "sub": None}, id="IDA-5.7.2-no-claims"),
    ],
)
async def test_what_is_not_to_be_had_is_left_out(proofs: Gateway, unknown: dict[str, Any]) -> None:
    someone = await proved(proofs, "proves")

    read, _ = await told(proofs, someone, "proves", wants("given_name", **unknown))

    assert read["verified_claims"]["claims"] == {"given_name": "Robin"}


@pytest.mark.parametrize(
    ("place", "other"),
    [
        pytest.param(0, 1, id="ekyc-server-request-only-in-userinfo"),
        pytest.param(1, 0, id="ekyc-server-request-only-in-idtoken"),
    ],
)
async def test_proof_goes_where_it_was_asked_for(proofs: Gateway, place: int, other: int) -> None:
    someone = await proved(proofs, "proves")
    asked: list[Any] = [None, None]
    asked[place] = wants("given_name")

    answers = await told(proofs, someone, "proves", *asked)

    assert answers[place]["verified_claims"]["claims"] == {"given_name": "Robin"}
    assert "verified_claims" not in answers[other]


@pytest.mark.parametrize(
    "verification",
    [
        pytest.param({"trust_framework": {"value": "de_aml"}}, id="IDA-2-other-framework"),
        pytest.param({"trust_framework": {"values": ["gold", "silver"]}}, id="IDA-5.5.1-values"),
        pytest.param(PLAIN | {"assurance_level": {"value": "high"}}, id="IDA-5.5.1-level"),
        pytest.param(PLAIN | {"time": {"max_age": 0}}, id="IDA-3-too-old"),
        pytest.param(
            PLAIN | {"assurance_process": {"procedure": {"value": "video"}}}, id="IDA-5.5.1-process"
        ),
        pytest.param(
            PLAIN | {"verification_process": {"value": "x"}}, id="IDA-5.5.1-what-we-never-say"
        ),
        pytest.param(PLAIN | {"shoe": {"left": {"value": "42"}}}, id="IDA-5.5.1-unknown-member"),
        pytest.param(
            PLAIN | {"evidence": [DOCUMENT | {"method": {"value": "pipp"}}]},
            id="IDA-5.5.1-member-of-a-draft",
        ),
        pytest.param(PLAIN | {"evidence": [{"type": {"value": "vouch"}}]}, id="IDA-5.4-type"),
        pytest.param(
            PLAIN | {"evidence": [{"type": {"value": "aura"}}]}, id="IDA-5.4-no-such-type"
        ),
        pytest.param(
            PLAIN
            | {"evidence": [DOCUMENT | {"document_details": {"type": {"value": "passport"}}}]},
            id="IDA-5.5.1-document",
        ),
        pytest.param(
            PLAIN
            | {"evidence": [RECORD | {"check_details": [{"check_method": {"value": "vri"}}]}]},
            id="IDA-5.5.1-method",
        ),
        pytest.param(
            PLAIN
            | {"evidence": [DOCUMENT | {"document_details": {"date_of_expiry": {"max_age": 5}}}]},
            id="IDA-5.5.2-no-such-date",
        ),
    ],
)
async def test_another_verification_than_was_wanted_is_none(
    proofs: Gateway, verification: dict[str, Any]
) -> None:
    """§5.7.4: the whole element, and no error."""
    someone = await proved(proofs, "proves")
    asked = wants("given_name", verification=verification)
    if "time" in verification:
        await age(proofs, someone)

    read, token = await told(proofs, someone, "proves", asked, asked)

    assert read.keys() == {"sub"}
    assert "verified_claims" not in token


async def age(gateway: Gateway, someone: Citizen, *claims: str) -> None:
    """Let it be a day ago that somebody was proved."""
    async with gateway.runtime.pool.connection() as connection:
        await connection.execute(
            "UPDATE idp.attributes SET verified_at = verified_at - interval '1 day'"
            " WHERE account_id = $1 AND claim = ANY ($2)",
            someone.account,
            list(claims or HELD),
        )


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        pytest.param({"given_name": {"value": str(uuid4())}}, {}, id="ekyc-random-value-omitted"),
        pytest.param(
            {"given_name": {"values": ["Alex"]}, "birthdate": None},
            {"birthdate": "1980-02-29"},
            id="IDA-5.7.4-one-of-two",
        ),
        pytest.param(
            {"age_over_18": {"value": 1}, "birthdate": None},
            {"birthdate": "1980-02-29"},
            id="IDA-5.7.4-one-is-not-true",
        ),
        pytest.param(
            {"birthdate": {"max_age": 60}, "age_over_18": {"value": True}},
            {"age_over_18": True},
            id="IDA-5.7.4-too-old",
        ),
    ],
)
async def test_another_value_than_was_wanted_is_left_out(
    proofs: Gateway, asked: dict[str, Any], left: dict[str, Any]
) -> None:
    """§5.7.4: the claim alone; what was checked stays checked."""
    someone = await proved(proofs, "proves")

    read, _ = await told(proofs, someone, "proves", wants(**asked))

    short = {
        name.rpartition("/")[2]: one for name, one in read["verified_claims"]["claims"].items()
    }
    assert short == left


EVERYTHING = {
    "trust_framework": {"value": "eidas"},
    "assurance_level": None,
    "assurance_process": {"policy": None, "procedure": None},
    "time": {"max_age": 600},
    "evidence": [
        DOCUMENT
        | {
            "check_details": [{"check_method": None, "organization": None, "time": None}],
            "document_details": {"type": None, "issuer": {"name": None}},
        },
        RECORD
        | {"record": {"type": {"values": ["population_register"]}, "source": {"name": None}}},
    ],
}


async def test_each_part_of_a_verification_can_be_asked_for(proofs: Gateway) -> None:
    """§5.4: what was asked for by its name, member by member."""
    someone = await proved(proofs, "proves")

    read, _ = await told(proofs, someone, "proves", wants("birthdate", verification=EVERYTHING))

    proof = read["verified_claims"]["verification"]
    times = [proof.pop("time"), proof["evidence"][0]["check_details"][0].pop("time")]
    assert all(TIME.fullmatch(one) for one in times)
    assert proof == {
        "trust_framework": "eidas",
        "assurance_level": "substantial",
        "assurance_process": {
            "policy": "Commission Implementing Regulation (EU) 2015/1502",
            "procedure": "register_comparison",
        },
        "evidence": [
            {
                "type": "document",
                "check_details": [{"check_method": "data", "organization": "Population Register"}],
                "document_details": {"type": "idcard", "issuer": {"name": "Population Register"}},
            },
            {
                "type": "electronic_record",
                "record": {
                    "type": "population_register",
                    "source": {"name": "Population Register"},
                },
            },
        ],
    }


async def test_evidence_is_only_what_was_asked(proofs: Gateway) -> None:
    """IDA-4: of one type only, and of it only the type."""
    someone = await proved(proofs, "proves")
    asked = wants("birthdate", verification=PLAIN | {"evidence": [RECORD]})

    read, _ = await told(proofs, someone, "proves", asked)

    assert read["verified_claims"]["verification"] == {
        "trust_framework": "eidas",
        "evidence": [{"type": "electronic_record"}],
    }


async def test_each_element_is_answered_by_itself(proofs: Gateway) -> None:
    """§5.6: the one that fits, and not the one that does not."""
    someone = await proved(proofs, "proves")
    gold = {"trust_framework": {"value": "gold"}}
    asked = [wants("birthdate", verification=gold), wants("given_name"), wants("age_over_18")]

    read, _ = await told(proofs, someone, "proves", asked)

    over = f"{proofs.issuer}/claims/age_over_18"
    assert [one["claims"] for one in read["verified_claims"]] == [
        {"given_name": "Robin"},
        {over: True},
    ]


async def test_what_was_checked_at_another_time_stands_apart(proofs: Gateway) -> None:
    someone = await proved(proofs, "proves")
    await age(proofs, someone, "address")
    asked = wants("given_name", "address", verification=PLAIN | {"time": None})

    read, _ = await told(proofs, someone, "proves", asked)

    first, second = read["verified_claims"]
    assert (first["claims"], second["claims"]) == (
        {"given_name": "Robin"},
        {"address": HELD["address"]},
    )
    assert first["verification"]["time"] > second["verification"]["time"]


async def test_what_is_told_stands_beside_what_was_checked(proofs: Gateway) -> None:
    """CDS-7: the citizen's own word in the open, the register's with its proof."""
    someone = await proved(proofs, "proves")
    claims = json.dumps(
        {"userinfo": {"given_name": None, "verified_claims": wants("given_name", "birthdate")}}
    )
    answer = await services.tokens(proofs, someone, "proves", scope="openid", claims=claims)
    bearer = {"authorization": f"Bearer {answer['access_token']}"}

    read = (await proofs.get("/userinfo", headers=bearer)).json()

    assert read["given_name"] == "Robin"
    assert "birthdate" not in read
    assert read["verified_claims"]["claims"] == {
        "given_name": "Robin",
        "birthdate": "1980-02-29",
    }


@pytest.mark.parametrize("claim", ["given_name", "age_over_18"])
async def test_nobody_gets_proof_of_what_nobody_checked(proofs: Gateway, claim: str) -> None:
    """A told name is no verified one."""
    someone = await proofs.citizen("proves")

    read, token = await told(proofs, someone, "proves", wants(claim), wants(claim))

    assert read.keys() == {"sub"}
    assert "verified_claims" not in token


async def test_what_is_contested_is_proof_of_nothing(proofs: Gateway) -> None:
    someone = await proved(proofs, "proves")
    async with proofs.runtime.entry() as entry:
        await disputes.begin(entry, someone.account, "birthdate")

    read, _ = await told(proofs, someone, "proves", wants("birthdate", "age_over_18", "given_name"))

    assert read["verified_claims"]["claims"] == {"given_name": "Robin"}


async def test_proof_is_for_who_registered_it(proofs: Gateway) -> None:
    """A service that may read a detail may not know how it was checked."""
    someone = await proved(proofs, "believes", "knows-how")
    evidence = wants("given_name", verification=PLAIN | {"evidence": [DOCUMENT]})

    for client_id, asked in (("believes", wants("given_name")), ("knows-how", evidence)):
        read, token = await told(proofs, someone, client_id, asked, asked)
        assert read.keys() == {"sub"}
        assert "verified_claims" not in token
    read, _ = await told(proofs, someone, "knows-how", [evidence, wants("given_name")])
    assert read["verified_claims"]["claims"] == {"given_name": "Robin"}


NUMBERED = PLAIN | {
    "evidence": [DOCUMENT | {"document_details": {"type": None, "document_number": None}}]
}


async def test_the_number_of_a_document_is_a_detail_of_its_own(proofs: Gateway) -> None:
    """Who may know of which kind it was does not thereby know which one it was."""
    someone = await proved(proofs, "proves")
    asked = wants("given_name", verification=NUMBERED)
    browser = Browser(proofs, someone.cookie)
    verifier = "w" * 43
    form: Any = {"answer": "allow", "duration": "until", "share": ["documents"]}
    async with proofs.runtime.entry() as entry:
        kept = {"type": "idcard", "number": "XD1", "issuing_country": "GB"}
        await attributes.record(
            entry, proofs.runtime.vault, someone.account, "documents", [kept],
            source_type="register", verified=True, by="test",
        )  # fmt: skip
    page = await browser.follow(address("proves", verifier, asked, asked))
    back = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), CALLBACK, proofs.issuer
    )
    answer = await services.redeem(
        proofs, services.Code(back["code"], "proves", verifier, CALLBACK)
    )
    tokens = answer.json()
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    read = (await proofs.get("/userinfo", headers=bearer)).json()

    details = read["verified_claims"]["verification"]["evidence"][0]["document_details"]
    assert re.fullmatch(r"XD\d{7}", details["document_number"])
    # High harm: in no ID token, whatever was agreed.
    token = verdicts.claims(tokens["id_token"])
    told_there = token["verified_claims"]["verification"]["evidence"][0]["document_details"]
    assert told_there == {"type": "idcard"}


def address(client_id: str, verifier: str, userinfo: Any, id_token: Any = None) -> str:
    claims = {"userinfo": {"verified_claims": userinfo}}
    if id_token is not None:
        claims["id_token"] = {"verified_claims": id_token}
    asked = {"scope": "openid offline_access", "claims": json.dumps(claims)}
    return f"/authorize?{urlencode(services.asked(client_id, verifier, **asked))}"


async def test_the_citizen_is_asked_whether_proof_goes_along(proofs: Gateway) -> None:
    """And who declines it, or takes it back, sends none."""
    someone = await proved(proofs)
    verifier = "w" * 43
    browser = Browser(proofs, someone.cookie)
    asked = wants("given_name", verification=PLAIN | {"evidence": [DOCUMENT]})

    page = await browser.follow(address("proves", verifier, asked))
    form: Any = {"answer": "allow", "duration": "until", "share": ["given_name", "evidence"]}
    back = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), CALLBACK, proofs.issuer
    )
    answer = await services.redeem(
        proofs, services.Code(back["code"], "proves", verifier, CALLBACK)
    )
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    read = await proofs.get("/userinfo", headers=bearer)

    for words in ("How your details were checked", "thoroughly", "identity card"):
        assert words in page.text
    assert read.json().keys() == {"sub"}


@pytest.mark.parametrize("gone", ["verification", "given_name"])
async def test_what_is_taken_back_goes_out_no_more(proofs: Gateway, gone: str) -> None:
    """Not with the tokens that there are, either."""
    someone = await proved(proofs)
    consent = await proofs.agree(someone.account, "proves")
    asked = {
        "scope": "openid",
        "claims": json.dumps({"userinfo": {"verified_claims": wants("given_name")}}),
    }
    answer = await services.tokens(proofs, someone, "proves", **asked)
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    before = (await proofs.get("/userinfo", headers=bearer)).json()

    left = [name for name in consent.claims if name != gone]
    async with proofs.runtime.entry() as entry:
        await consents.narrow(entry, consent.id, [consent.subject], left)

    after = (await proofs.get("/userinfo", headers=bearer)).json()
    assert before["verified_claims"]["claims"] == {"given_name": "Robin"}
    assert after.keys() == {"sub"}


async def test_each_release_is_on_record_with_its_proof(proofs: Gateway) -> None:
    someone = await proved(proofs)
    consent = await proofs.agree(someone.account, "proves")
    asked = wants("given_name", verification=PLAIN | {"evidence": [DOCUMENT]})

    await told(proofs, someone, "proves", asked, wants("birthdate"))

    async with proofs.runtime.entry() as entry:
        key = await attributes.data_key(entry, proofs.runtime.vault, someone.account)
        found = await releases.of_subjects(entry, key, [consent.subject])
    assert {(one.channel, frozenset(one.claims)) for one in found.whole} == {
        ("userinfo", frozenset({"given_name", "verification", "evidence"})),
        ("id_token", frozenset({"birthdate", "verification"})),
    }


async def test_proof_comes_again_with_a_refreshed_token(proofs: Gateway) -> None:
    someone = await proved(proofs, "proves")
    asked = json.dumps(
        {place: {"verified_claims": wants("given_name")} for place in ("userinfo", "id_token")}
    )
    over = {"scope": "openid offline_access", "claims": asked}
    answer = await services.tokens(proofs, someone, "proves", **over)
    form = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    proof = services.proves(proofs, "proves")

    again = (await proofs.post("/token", form, headers=proof.headers)).json()

    bearer = {"authorization": f"Bearer {again['access_token']}"}
    read = (await proofs.get("/userinfo", headers=bearer)).json()
    token = verdicts.claims(again["id_token"])
    for one in (read, token):
        assert one["verified_claims"]["claims"] == {"given_name": "Robin"}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(None, id="null"),
        pytest.param("all", id="text"),
        pytest.param(["all"], id="array-of-text"),
        pytest.param([wants("given_name")] * 11, id="too-many"),
        pytest.param({"claims": {"given_name": None}}, id="no-verification"),
        pytest.param({"verification": PLAIN}, id="no-claims"),
        pytest.param({"verification": {}, "claims": {"given_name": None}}, id="no-framework"),
        pytest.param({"verification": None, "claims": {"given_name": None}}, id="verification"),
        pytest.param({"verification": PLAIN, "claims": {}}, id="claims-empty"),
        pytest.param({"verification": PLAIN, "claims": []}, id="claims-array"),
        pytest.param(wants(given_name="Robin"), id="claim-text"),
        pytest.param(wants(given_name={"essential": "yes"}), id="essential"),
        pytest.param(wants(given_name={"values": []}), id="values-empty"),
        pytest.param(wants("a", verification={"trust_framework": "eidas"}), id="framework-text"),
        pytest.param(
            wants("a", verification={"trust_framework": {"value": 1}}), id="framework-number"
        ),
        pytest.param(
            wants("a", verification={"trust_framework": {"values": ["a", 1]}}), id="values-number"
        ),
        pytest.param(wants("a", verification=PLAIN | {"time": {"max_age": -1}}), id="age-negative"),
        pytest.param(wants("a", verification=PLAIN | {"time": {"max_age": "1"}}), id="age-text"),
        pytest.param(wants("a", verification=PLAIN | {"time": {"max_age": True}}), id="age-true"),
        pytest.param(wants("a", verification=PLAIN | {"evidence": []}), id="evidence-empty"),
        pytest.param(wants("a", verification=PLAIN | {"evidence": DOCUMENT}), id="evidence-object"),
        pytest.param(wants("a", verification=PLAIN | {"evidence": [{}]}), id="IDA-5.4-no-type"),
        pytest.param(
            wants("a", verification=PLAIN | {"evidence": [{"type": None}]}), id="IDA-5.4-type-null"
        ),
        pytest.param(
            wants("a", verification=PLAIN | {"evidence": [{"type": {"values": ["document"]}}]}),
            id="IDA-5.4-type-values",
        ),
        pytest.param(
            wants("a", verification=PLAIN | {"evidence": [DOCUMENT | {"check_details": {}}]}),
            id="checks-object",
        ),
        pytest.param(
            wants("a", verification=PLAIN | {"evidence": [DOCUMENT | {"document_details": []}]}),
            id="details-array",
        ),
    ],
)
async def test_a_request_of_bad_form_is_refused(proofs: Gateway, asked: Any) -> None:
    """§5: whichever place it stands in, and whoever is signed in."""
    for place in ("userinfo", "id_token"):
        claims = json.dumps({place: {"verified_claims": asked}})
        request = services.asked("proves", claims=claims)
        answer = await proofs.get(f"/authorize?{urlencode(request)}")
        told = verdicts.sent_back(answer, CALLBACK, proofs.issuer)
        assert (told["error"], told["state"]) == ("invalid_request", "the state")


@pytest.mark.parametrize(
    "verification",
    [
        pytest.param(PLAIN | {"shoe": None, "sock": {"essential": True}}, id="IDA-5.7.2-unknown"),
        pytest.param(
            PLAIN | {"evidence": [DOCUMENT | {"method": None, "document": {"type": None}}]},
            id="IDA-5.4-member-of-a-draft",
        ),
        pytest.param(
            PLAIN | {"assurance_process": {"assurance_details": [{"assurance_type": PASSPORT}]}},
            id="IDA-5.4-details-are-no-filter",
        ),
    ],
)
async def test_what_is_unknown_is_in_nobody_s_way(
    proofs: Gateway, verification: dict[str, Any]
) -> None:
    someone = await proved(proofs, "proves")

    asked = wants("given_name", verification=verification)
    read, _ = await told(proofs, someone, "proves", asked)

    assert read["verified_claims"]["claims"] == {"given_name": "Robin"}


async def test_the_deepest_wish_fits_into_a_request_object(proofs: Gateway) -> None:
    """RFC 9101 §4: what can be asked for can be asked for signed."""
    check = {"check_method": {"values": ["data"]}}
    deep = PLAIN | {"evidence": [DOCUMENT | {"check_details": [check]}]}
    claims = {"userinfo": {"verified_claims": [wants("given_name", verification=deep)]}}
    made = services.request_object(proofs, "signs", claims=claims)
    proof = services.proves(proofs, "signs")

    form = {"client_id": "signs", "request": made} | proof.form
    answer = await proofs.post("/par", form, headers=proof.headers)

    assert answer.status_code == 201, answer.text


async def test_the_longest_age_is_one(proofs: Gateway) -> None:
    someone = await proved(proofs, "proves")
    asked = wants("given_name", verification=PLAIN | {"time": {"max_age": 2**53}})

    read, _ = await told(proofs, someone, "proves", asked)

    assert read["verified_claims"]["claims"] == {"given_name": "Robin"}


async def test_discovery_tells_what_can_be_proved(proofs: Gateway) -> None:
    """§8: nothing else is in any answer, as `told` sees to; what has no members is not there."""
    known = await metadata(proofs)

    assert known["trust_frameworks_supported"] == ["eidas"]
    assert known["evidence_supported"] == ["document", "electronic_record"]
    assert known["documents_supported"] == ["idcard"]
    assert known["documents_check_methods_supported"] == ["data"]
    assert known["electronic_records_supported"] == ["population_register"]
    assert known["verified_claims_supported"] is True
    assert known["claims_parameter_supported"] is True
    assert "attachments_supported" not in known
    verifiable = set(known["claims_in_verified_claims_supported"])
    assert (
        {"given_name", "birthdate", "address", "name"}
        <= verifiable
        <= set(known["claims_supported"])
    )
    assert not verifiable & {"email", "phone_number", "nickname", "sub"}
    assert not any("verification" in one or "evidence" in one for one in known["claims_supported"])


async def test_a_locked_account_tells_nothing(proofs: Gateway) -> None:
    someone = await proved(proofs, "proves")
    asked = json.dumps({"userinfo": {"verified_claims": wants("given_name")}})
    answer = await services.tokens(proofs, someone, "proves", scope="openid", claims=asked)
    async with proofs.runtime.entry() as entry:
        await accounts.lock(entry, someone.account, reason="test")
    bearer = {"authorization": f"Bearer {answer['access_token']}"}

    refused = await proofs.get("/userinfo", headers=bearer)

    assert refused.status_code == 401


async def test_what_was_asked_is_sealed(proofs: Gateway) -> None:
    """A service may ask for a value that it believes: the tables do not show which."""
    someone = await proved(proofs, "proves")

    await told(proofs, someone, "proves", wants(birthdate={"value": "1980-02-29"}))

    async with proofs.runtime.pool.connection() as connection:
        rows = await connection.fetch("SELECT proofs FROM relying_parties.codes")
    kept = [row["proofs"] for row in rows if row["proofs"]]
    assert kept
    assert not any(b"1980" in one for one in kept)
