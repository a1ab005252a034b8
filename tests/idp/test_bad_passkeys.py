"""Group WA: of what resembles a passkey's answer, nothing is taken.

Specs: WebAuthn Level 3 §6.5, §7.1, §7.2, §8; security: WA-01 to WA-17, by id below.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp import tables
from idp.authenticators import passkeys
from idp.errors import PasskeyRefused
from keys import opaque
from keys.entry import Entry, statement
from keys.pool import Pool
from keys.vault import Vault
from tests.support.authenticator import BE, BS, SYNCED, UP, UV
from tests.support.jws import encoded
from tests.support.passkeys import (
    ORIGIN,
    a_device,
    an_account,
    enrol,
    enrolled,
    to_add,
    to_use,
    verify,
    why,
)

Habits = Mapping[str, Any]

FAILURES = statement(
    sa.select(tables.passkeys.c.failures).where(
        tables.passkeys.c.credential_id == sa.bindparam("of_credential")
    )
)

ORIGINS = (
    "http://id.example", "https://id.example:8443", "https://a.id.example", "https://example",
    "https://id.example.", "https://id.example/", "https://ID.example", "https://xn--d-fka.example",
    "null", "android:apk-key-hash:abc", "", None, [ORIGIN],
)  # fmt: skip
BOTH: dict[str, tuple[Habits, str]] = {
    **{f"WA-02 {one}": ({"origin": one}, "origin") for one in ORIGINS},
    "WA-04 no type": ({"tells": {"type": None}}, "type"),
    "WA-04 another": ({"tells": {"type": "payment.get"}}, "type"),
    **{
        f"WA-05 crossOrigin {told!r}": ({"tells": {"crossOrigin": told}}, "cross_origin")
        for told in (True, "true", "false", 1, 0, [])
    },
    "WA-05 topOrigin": ({"tells": {"topOrigin": "https://evil.example"}}, "cross_origin"),
    "WA-05 own topOrigin": ({"tells": {"topOrigin": ORIGIN}}, "cross_origin"),
    "WA-01 number": ({"tells": {"challenge": 7}}, "challenge"),
    "WA-17 nothing": ({"client_data": b""}, "client_data"),
    "WA-17 no object": ({"client_data": b"[]"}, "type"),
    "WA-17 deep": ({"client_data": b'{"a":' * 9 + b"1" + b"}" * 9}, "client_data"),
    "WA-17 long": ({"client_data": b"{}" + b" " * 70_000}, "size"),
    "UTF-16": ({"spoils": {"clientDataJSON": lambda told: told.decode().encode("utf-16")}},
               "client_data"),
    "a name twice": ({"spoils": {"clientDataJSON": lambda told: b'{"type":"x",' + told[1:]}},
                     "client_data"),
}  # fmt: skip
DATA: dict[str, Habits] = {
    "WA-02 rpIdHash": {"rp_id": "evil.example"},
    "§7.1-15 nobody there": {"flags": SYNCED & ~UP},
    "§7.1-16 not verified": {"flags": SYNCED & ~UV},
    "WA-07 backed up but not eligible": {"flags": UP | UV | BS},
    "WA-17 trailing": {"extensions": b"\xa0\x00"},
    "WA-17 extensions cut off": {"extensions": b"\xa1"},
}


@pytest.mark.parametrize("kind", ["create", "get"])
async def test_what_the_browser_tells_is_exact(entry: Entry, vault: Vault, kind: str) -> None:
    """WA-02, WA-04, WA-05."""
    account, device = await an_account(entry, vault), a_device()
    kept = await enrolled(entry, vault, account, device)
    told = {}

    for name, (habits, _) in BOTH.items():
        if kind == "create":
            liar = a_device(**habits)
            answer = liar.create(await to_add(entry, vault, account))
            told[name] = await why(enrol(entry, vault, account, answer))
        else:
            answer = replace(device, **habits).get(to_use(vault, entry.at))
            told[name] = await why(verify(entry, vault, answer))

    assert told == {name: reason for name, (_, reason) in BOTH.items()}
    assert await passkeys.listed(entry, account.id) == [kept]


async def test_making_is_not_using(entry: Entry, vault: Vault) -> None:
    """WA-04: the two kinds of answers, swapped."""
    account, device = await an_account(entry, vault), a_device()
    kept = await enrolled(entry, vault, account, device)
    made = replace(device, tells={"type": "webauthn.get"}, credential_id=b"new")
    used = replace(device, tells={"type": "webauthn.create"})

    added = enrol(entry, vault, account, made.create(await to_add(entry, vault, account)))
    opened = verify(entry, vault, used.get(to_use(vault, entry.at)))

    assert (await why(added), await why(opened)) == ("type", "type")
    assert await passkeys.listed(entry, account.id) == [kept]


async def test_what_the_device_signs_is_exact(entry: Entry, vault: Vault) -> None:
    """WA-02, WA-07, WA-17: when it is used."""
    account, device = await an_account(entry, vault), a_device()
    kept = await enrolled(entry, vault, account, device)
    told = {}

    for name, habits in (DATA | {
        "WA-07 eligible no more": {"flags": UP | UV},
        "WA-17 data cut off": {"spoils": {"authenticatorData": lambda data: data[:36]}},
        "WA-17 no data": {"spoils": {"authenticatorData": lambda _: b""}},
    }).items():  # fmt: skip
        answer = replace(device, **habits).get(to_use(vault, entry.at))
        told[name] = await why(verify(entry, vault, answer))

    assert told == dict.fromkeys(told, "assertion") | {"WA-07 eligible no more": "backup"}
    assert await passkeys.listed(entry, account.id) == [kept]


async def test_one_that_was_of_one_device_is_not_copied_later(entry: Entry, vault: Vault) -> None:
    """WA-07: eligibility is for life, in both directions."""
    account, device = await an_account(entry, vault), a_device(flags=UP | UV)
    await enrolled(entry, vault, account, device)

    answer = replace(device, flags=UP | UV | BE).get(to_use(vault, entry.at))

    assert await why(verify(entry, vault, answer)) == "backup"


async def test_a_signature_is_the_devices_own(entry: Entry, vault: Vault) -> None:
    """WA-08, with the count of failures of each passkey."""
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    told = {}

    for name, habits in {
        "bit flipped": {"spoils": {"signature": lambda sig: sig[:-1] + bytes([sig[-1] ^ 1])}},
        "DER junk": {"spoils": {"signature": lambda _: b"\x30\x06\x02\x01\x00\x02\x01\x00"}},
        "no DER": {"spoils": {"signature": lambda _: b"\x00" * 64}},
        "nothing": {"spoils": {"signature": lambda _: b""}},
        "longer": {"spoils": {"signature": lambda sig: sig + b"\x00"}},
        "long": {"spoils": {"signature": lambda sig: sig * 100}},
        "wrong key": {"key": ec.generate_private_key(ec.SECP256R1())},
        "wrong kind of key": {"key": ed25519.Ed25519PrivateKey.generate()},
    }.items():
        answer = replace(device, **habits).get(to_use(vault, entry.at))
        told[name] = await why(verify(entry, vault, answer))

    assert told == dict.fromkeys(told, "assertion")
    assert await failures(entry, device.credential_id) == len(told)
    await verify(entry, vault, device.get(to_use(vault, entry.at)))
    assert await failures(entry, device.credential_id) == 0


async def test_nobody_answers_for_another(entry: Entry, vault: Vault) -> None:
    """WA-08, WA-10: the id, the handle and the account that is asked for name one citizen."""
    ana, bob = await an_account(entry, vault), await an_account(entry, vault, "bob@example.org")
    hers, his = a_device(), a_device()
    await enrolled(entry, vault, ana, hers)
    await enrolled(entry, vault, bob, his)

    async def told(device: Any, over: dict[str, Any] | None = None, **asked: Any) -> str:
        answer = device.get(to_use(vault, entry.at), **(over or {}))
        return await why(verify(entry, vault, answer, **asked))

    assert await told(replace(hers, credential_id=his.credential_id)) == "handle"
    assert await told(replace(hers, handle=bob.handle)) == "handle"
    assert await told(replace(hers, handle=b"")) == "handle"
    assert await told(replace(hers, credential_id=his.credential_id, handle=bob.handle)) == (
        "assertion"
    )
    assert await told(his, account_id=ana.id) == "owner"
    assert await told(hers, {"rawId": encoded(his.credential_id)}) == "id"
    assert await told(a_device(handle=ana.handle)) == "unknown"


async def test_an_id_is_short_and_of_nobody_yet(entry: Entry, vault: Vault) -> None:
    """WA-13."""
    ana, bob = await an_account(entry, vault), await an_account(entry, vault, "bob@example.org")
    hers = a_device()
    await enrolled(entry, vault, ana, hers)

    async def told(credential_id: bytes, **over: Any) -> str:
        answer = a_device(credential_id=credential_id).create(await to_add(entry, vault, bob))
        return await why(enrol(entry, vault, bob, answer | over))

    assert await told(b"") == "id"
    assert await told(b"i" * 1024) == "id"
    assert await told(hers.credential_id) == "known"
    assert await told(b"mine", id=encoded(b"other"), rawId=encoded(b"other")) == "id"
    assert await told(b"mine", type="password") == "malformed"
    assert await told(b"i" * 1023) == "taken"


POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
OTHER = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
X, Y = POINT.x.to_bytes(32), POINT.y.to_bytes(32)
ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
WEAK_KEYS = {
    "RS1": {1: 3, 3: -65535, -1: RSA.to_bytes(256), -2: b"\x01\x00\x01"},
    "PS256, not offered": {1: 3, 3: -37, -1: RSA.to_bytes(256), -2: b"\x01\x00\x01"},
    "RSA-1024": {1: 3, 3: -257, -1: b"\xff" * 128, -2: b"\x01\x00\x01"},
    "RSA-8192": {1: 3, 3: -257, -1: b"\xff" * 1024, -2: b"\x01\x00\x01"},
    "RSA with exponent 1": {1: 3, 3: -257, -1: RSA.to_bytes(256), -2: b"\x01"},
    "RSA with a huge exponent": {1: 3, 3: -257, -1: RSA.to_bytes(256), -2: b"\x7f" * 255},
    "off the curve": {1: 2, 3: -7, -1: 1, -2: X, -3: bytes(31) + b"\x01"},
    "no point": {1: 2, 3: -7, -1: 1, -2: b"", -3: b""},
    "half a point": {1: 2, 3: -7, -1: 1, -2: X},
    "P-384 for ES256": {1: 2, 3: -7, -1: 2, -2: OTHER.x.to_bytes(48), -3: OTHER.y.to_bytes(48)},
    "no such curve": {1: 2, 3: -7, -1: 99, -2: X, -3: Y},
    "ES512, not offered": {1: 2, 3: -36, -1: 1, -2: X, -3: Y},
    "EdDSA of a P-256 key": {1: 2, 3: -8, -1: 1, -2: X, -3: Y},
    "ES256 of an RSA key": {1: 3, 3: -7, -1: RSA.to_bytes(256), -2: b"\x01\x00\x01"},
    "short Ed25519": {1: 1, 3: -8, -1: 6, -2: bytes(31)},
    "X25519": {1: 1, 3: -8, -1: 4, -2: bytes(32)},
    "short ML-DSA": {1: 7, 3: -49, -1: bytes(100)},
    "symmetric": {1: 4, 3: 5, -1: bytes(32)},
    "alg as text": {1: 2, 3: "ES256", -1: 1, -2: X, -3: Y},
    "alg as a float": {1: 2, 3: -7.0, -1: 1, -2: X, -3: Y},
    "alg missing": {1: 2, -1: 1, -2: X, -3: Y},
    "numbers for bytes": {1: 2, 3: -7, -1: 1, -2: 5, -3: 6},
    "nothing": {},
    "a list": [1, 2],
    "a number that reads as a bare point": 4,
}  # fmt: skip


async def test_a_key_is_one_that_was_asked_for(entry: Entry, vault: Vault) -> None:
    """WA-14: also with no attestation, where the library does not look at the key."""
    account, told = await an_account(entry, vault), {}

    for name, key in WEAK_KEYS.items():
        answer = a_device(cose=cbor2.dumps(key)).create(await to_add(entry, vault, account))
        told[name] = await why(enrol(entry, vault, account, answer))

    assert set(told.values()) <= {"key", "attestation"}, told
    assert await passkeys.listed(entry, account.id) == []


CERTIFICATE = b"\x30\x03\x02\x01\x01"
STATEMENTS: dict[str, tuple[Habits, str]] = {
    "unknown": ({"fmt": "gatehouse"}, "format"),
    "no text": ({"fmt": 7}, "format"),
    "SafetyNet": ({"fmt": "android-safetynet", "statement": {"ver": "1", "response": b"a.b.c"}},
                  "format"),
    "none with a statement": ({"statement": {"sig": b"s"}}, "format"),
    "none with an unknown member": ({"statement": {"x": 1}}, "format"),
    "malformed TPM": ({"fmt": "tpm", "statement": {"ver": "2.0", "certInfo": b"", "pubArea": b""}},
                      "format"),
    "U2F": ({"fmt": "fido-u2f", "statement": {"sig": b"s", "x5c": [CERTIFICATE]}}, "format"),
    "two hundred certificates": (
        {"fmt": "packed", "statement": {"alg": -7, "sig": b"s", "x5c": [CERTIFICATE] * 200}},
        "format",
    ),
    "packed, wrong signature": ({"fmt": "packed", "statement": {"alg": -7, "sig": b"s"}},
                                "attestation"),
    "packed, another algorithm": ({"fmt": "packed", "statement": {"alg": -8, "sig": b"s" * 64}},
                                  "attestation"),
}  # fmt: skip


async def test_an_attestation_that_nobody_asked_for_is_refused(entry: Entry, vault: Vault) -> None:
    """WA-16: the options say ``none``; only that, or the passkey's own signature, may come."""
    account, told = await an_account(entry, vault), {}

    for name, (habits, _) in STATEMENTS.items():
        answer = a_device(**habits).create(await to_add(entry, vault, account))
        told[name] = await why(enrol(entry, vault, account, answer))

    assert told == {name: reason for name, (_, reason) in STATEMENTS.items()}
    assert await passkeys.listed(entry, account.id) == []


def renamed(made: bytes) -> dict[str, Any]:
    told: dict[str, Any] = cbor2.loads(made)
    return told


OBJECTS = {
    "nothing": lambda _: b"",
    "no map": lambda _: b"\x80",
    "a number": lambda _: b"\x00",
    "deep": lambda _: b"\x81" * 5000 + b"\x00",
    "deep in the statement": lambda made: made.replace(
        b"\x67attStmt\xa0", b"\x67attStmt" + b"\xa1\x61a" * 3000 + b"\xa0"
    ),
    "indefinite": lambda made: b"\xbf" + made[1:] + b"\xff",
    "a key twice": lambda made: b"\xa4" + made[1:] + b"\x63fmt\x64none",
    "trailing": lambda made: made + b"\x00",
    "a megabyte": lambda made: made + b"\x00" * 2**20,
    "a long way of counting": lambda made: b"\xb8\x03" + made[1:],
    "claims gigabytes": lambda _: b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff",
    "claims as many items": lambda _: b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff",
    "no data": lambda made: cbor2.dumps({"fmt": "none", "attStmt": {}}),
    "data as text": lambda made: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": "a" * 200}),
    "data as a list": lambda made: cbor2.dumps(
        {"fmt": "none", "attStmt": {}, "authData": [1] * 99}
    ),
    "statement as a list": lambda made: cbor2.dumps(renamed(made) | {"attStmt": []}),
    "more members": lambda made: cbor2.dumps(renamed(made) | {"more": 1}),
    "data cut off": lambda made: cbor2.dumps(
        renamed(made) | {"authData": renamed(made)["authData"][:60]}
    ),
    "data without a passkey": lambda made: cbor2.dumps(
        renamed(made) | {"authData": renamed(made)["authData"][:32] + b"\x05\x00\x00\x00\x00"}
    ),
    "data with more behind": lambda made: cbor2.dumps(
        renamed(made) | {"authData": renamed(made)["authData"] + b"\x00"}
    ),
    "tagged": lambda made: b"\xd8\x1c" + made,
    "refers to itself": lambda made: b"\xd8\x1c\x81\xd8\x1d\x00",
}


async def test_what_is_no_attestation_is_read_in_no_time(entry: Entry, vault: Vault) -> None:
    """WA-17: refused before anybody could wait for it; the collector may come in between."""
    account, told, slowest = await an_account(entry, vault), {}, 0.0

    for name, spoil in OBJECTS.items():
        device = a_device(spoils={"attestationObject": spoil})
        answer = device.create(await to_add(entry, vault, account))
        begun = time.thread_time()
        told[name] = await why(enrol(entry, vault, account, answer))
        slowest = max(slowest, time.thread_time() - begun)

    assert set(told.values()) <= {"attestation", "format", "size"}, told
    assert slowest < 0.5
    assert await passkeys.listed(entry, account.id) == []


async def test_what_the_device_says_at_its_making_is_exact(entry: Entry, vault: Vault) -> None:
    """WA-02, WA-07, WA-17."""
    account, told = await an_account(entry, vault), {}

    for name, habits in DATA.items():
        answer = a_device(**habits).create(await to_add(entry, vault, account))
        told[name] = await why(enrol(entry, vault, account, answer))

    assert told == dict.fromkeys(told, "attestation")
    assert await passkeys.listed(entry, account.id) == []


MALFORMED: dict[str, dict[str, Any]] = {
    "no response": {"response": None},
    "response as a list": {"response": []},
    "empty response": {"response": {}},
    "members as numbers": {"response": {"clientDataJSON": 1, "attestationObject": 2,
                                        "authenticatorData": 3, "signature": 4}},
    "id as a number": {"id": 7, "rawId": 7},
    "no id": {"id": None},
    "no such letters": {"id": "\u00e4\u00f6", "rawId": "\u00e4\u00f6"},
    "not base64": {"id": "a", "rawId": "a"},
    "padded": {"id": "YQ==", "rawId": "YQ=="},
    "spelt otherwise": {"id": "YR", "rawId": "YR"},
    "standard letters": {"id": "++++", "rawId": "++++"},
    "line break": {"id": "YWJj\n", "rawId": "YWJj\n"},
    "type missing": {"type": None},
    "type as a list": {"type": ["public-key"]},
}  # fmt: skip


async def test_what_is_no_answer_is_refused(entry: Entry, vault: Vault) -> None:
    account, device = await an_account(entry, vault), a_device()
    kept = await enrolled(entry, vault, account, device)
    told = {}

    for name, over in MALFORMED.items():
        made = a_device().create(await to_add(entry, vault, account), **over)
        used = device.get(to_use(vault, entry.at), **over)
        told[name] = (
            await why(enrol(entry, vault, account, made)),
            await why(verify(entry, vault, used)),
        )
    for member in ("signature", "authenticatorData", "userHandle"):
        for value in (None, 7, [], {}, "\u00e4", "+"):
            used = device.get(to_use(vault, entry.at))
            used["response"][member] = value
            told[f"{member} {value!r}"] = ("refused", await why(verify(entry, vault, used)))

    assert not [name for name, reasons in told.items() if "taken" in reasons]
    assert await passkeys.listed(entry, account.id) == [kept]


async def test_whatever_byte_differs_it_is_not_taken(entry: Entry, vault: Vault) -> None:
    """WA-08, WA-17: everything that is signed, byte by byte."""
    account, device = await an_account(entry, vault), a_device(counter=1)
    await enrolled(entry, vault, account, device)
    told = set()

    for member in ("authenticatorData", "signature", "clientDataJSON"):
        for at in range(0, 70, 3):
            spoilt = replace(device, spoils={member: flipped(at)})
            told.add(await why(verify(entry, vault, spoilt.get(to_use(vault, entry.at)))))
    assert "taken" not in told


async def test_whatever_byte_differs_it_is_read(entry: Entry, vault: Vault) -> None:
    """WA-17: what nobody signs may differ, but nothing crashes."""
    account = await an_account(entry, vault)
    told = {}

    for at in range(165, 240):
        spoilt = a_device(spoils={"attestationObject": flipped(at)})
        answer = spoilt.create(await to_add(entry, vault, account))
        told[at] = await why(enrol(entry, vault, account, answer))
    # From its 165th byte on, the object holds the passkey's id and public key.
    assert "taken" not in told.values()


def flipped(at: int) -> Any:
    def flip(part: bytes) -> bytes:
        place = at % len(part)
        return part[:place] + bytes([part[place] ^ 0x41]) + part[place + 1 :]

    return flip


@pytest.mark.parametrize("kind", ["create", "get"])
async def test_a_challenge_is_for_one_answer(
    pool: Pool, entry: Entry, vault: Vault, kind: str
) -> None:
    """WA-01, WA-28: not used, not late, of this browser and this purpose, and ours."""
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    await entry.commit()
    usual = "add" if kind == "create" else "sign-in"

    async def told(challenge: str, *, after: timedelta = timedelta(0), **asked: Any) -> str:
        async with Entry(pool, entry.at + after) as later:
            if kind == "create":
                options = await to_add(later, vault, account) | {"challenge": challenge}
                return await why(enrol(later, vault, account, a_device().create(options), **asked))
            answer = device.get({"challenge": challenge})
            return await why(verify(later, vault, answer, **asked))

    def drawn(purpose: str = usual, browser: str = "mine") -> str:
        return passkeys.challenge(vault, purpose=purpose, browser=browser, at=entry.at)

    once, second = drawn(), timedelta(seconds=1)
    assert await told(once) == "taken"
    assert await told(once) == "challenge_used"
    assert await told(drawn(), after=timedelta(minutes=5)) == "challenge_expired"
    assert await told(drawn(), after=timedelta(minutes=5) - second) == "taken"
    assert await told(drawn(browser="other")) == "challenge"
    assert await told(drawn(), browser="other") == "challenge"
    for purpose in {"add", "sign-in", "step-up", "admin"} - {usual}:
        assert await told(drawn(purpose)) == "challenge"
    if kind == "get":
        confirm = {"purpose": "step-up", "account_id": account.id}
        assert await told(drawn("step-up"), after=60 * second - second, **confirm) == "taken"
        assert await told(drawn("step-up"), after=60 * second, **confirm) == "challenge_expired"
    for made_up in ("", "AAAA", encoded(opaque.random_bytes(33)), "A" * 44, "c" * 90_000):
        assert await told(made_up) in ("challenge", "size")


async def test_a_used_challenge_is_used_in_every_spelling(entry: Entry, vault: Vault) -> None:
    """WA-01: base64 has several spellings of the same bytes, and one of them counts."""
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    challenge = ""
    while "-" not in challenge:
        challenge = to_use(vault, entry.at)["challenge"]

    assert await why(verify(entry, vault, device.get({"challenge": challenge}))) == "taken"
    for again in (
        challenge.replace("-", "+"),
        challenge + "=",
        challenge + "====",
        challenge + "\n",
    ):
        assert await why(verify(entry, vault, device.get({"challenge": again}))) == "malformed"


async def test_a_refused_answer_has_used_its_challenge(
    pool: Pool, entry: Entry, vault: Vault
) -> None:
    """WebAuthn §13.4.3: also if whoever asked drops the unit of work."""
    account, device = await an_account(entry, vault), a_device()
    await enrolled(entry, vault, account, device)
    await entry.commit()
    options = to_use(vault, entry.at)
    for wrong in (replace(device, handle=b"other"), a_device(handle=account.handle)):
        with pytest.raises(PasskeyRefused):
            async with Entry(pool, entry.at) as dropped:
                await verify(dropped, vault, wrong.get(options))

        assert await why(verify(entry, vault, device.get(options))) == "challenge_used"
        await entry.commit()
        options = to_use(vault, entry.at)


async def failures(entry: Entry, credential_id: bytes) -> int:
    row = await entry.one(FAILURES, of_credential=credential_id)
    assert row
    return int(row["failures"])
