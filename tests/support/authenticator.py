"""A passkey's device in software, and the browser in front of it; both lie when asked to.

Every field is the truth unless a test replaces it: ``replace(device, flags=UP).get(options)``.

Specs: WebAuthn Level 3 §5.8.1, §6.1, §6.5.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa

from tests.support.jws import encoded

UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128  # the flags of authenticator data
SYNCED = UP | UV | BE | BS
ML_DSA = {mldsa.MLDSA44PrivateKey: -48, mldsa.MLDSA65PrivateKey: -49, mldsa.MLDSA87PrivateKey: -50}


def an_ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Device:
    """A device that holds one passkey.

    :ivar tells: members of the client data that replace the browser's; ``None`` leaves one out
    :ivar client_data: the client data itself, whatever they are
    :ivar cose: the public key as it is told, if that is not the one of ``key``
    :ivar statement: of the attestation; ``packed`` makes its own, with the passkey's key
    :ivar spoils: what becomes of a member of the answer before it is spelt
    """

    origin: str
    rp_id: str
    key: Any = field(default_factory=an_ec_key)
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes = b""
    flags: int = SYNCED
    counter: int = 0
    aaguid: bytes = bytes(16)
    extensions: bytes = b""
    tells: Mapping[str, Any] = field(default_factory=dict)
    client_data: bytes | None = None
    cose: bytes | None = None
    fmt: str = "none"
    statement: Mapping[str, Any] = field(default_factory=dict)
    spoils: Mapping[str, Callable[[bytes], bytes]] = field(default_factory=dict)

    def create(self, options: Mapping[str, Any], **over: Any) -> dict[str, Any]:
        """Make the passkey; returns the answer as ``toJSON`` spells it, ``over`` on top."""
        self.handle = self.handle or decoded(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"])
        public = self.cose or cose(self.key)
        attested = self.aaguid + len(self.credential_id).to_bytes(2) + self.credential_id + public
        data = self._data(self.flags | AT, attested)
        statement = dict(self.statement)
        if self.fmt == "packed" and not statement:
            alg = cbor2.loads(public)[3]
            statement = {"alg": alg, "sig": self._signed(data, client)}
        made = cbor2.dumps({"fmt": self.fmt, "attStmt": statement, "authData": data})
        return self._answer(over, {"clientDataJSON": client, "attestationObject": made},
                            {"transports": ["internal", "hybrid"]})  # fmt: skip

    def get(self, options: Mapping[str, Any], **over: Any) -> dict[str, Any]:
        """Use the passkey; returns the answer as ``toJSON`` spells it, ``over`` on top."""
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(self.flags)
        parts = {"clientDataJSON": client, "authenticatorData": data,
                 "signature": self._signed(data, client), "userHandle": self.handle}  # fmt: skip
        return self._answer(over, parts, {})

    def _client(self, kind: str, challenge: str) -> bytes:
        if self.client_data is not None:
            return self.client_data
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        kept = {name: value for name, value in (told | self.tells).items() if value is not None}
        return json.dumps(kept, separators=(",", ":")).encode()

    def _data(self, flags: int, attested: bytes = b"") -> bytes:
        flags |= ED if self.extensions else 0
        return b"".join((hashlib.sha256(self.rp_id.encode()).digest(), bytes([flags]),
                         self.counter.to_bytes(4), attested, self.extensions))  # fmt: skip

    def _signed(self, data: bytes, client: bytes) -> bytes:
        return signed(self.key, data + hashlib.sha256(client).digest())

    def _answer(
        self, over: Mapping[str, Any], parts: dict[str, bytes], more: Mapping[str, Any]
    ) -> dict[str, Any]:
        spelt = {name: encoded(self.spoils.get(name, bytes)(part)) for name, part in parts.items()}
        named = encoded(self.credential_id)
        return {
            "id": named,
            "rawId": named,
            "type": "public-key",
            "response": spelt | dict(more),
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            **over,
        }


def cose(key: Any) -> bytes:
    """Spell the public half of a key (RFC 9053, RFC 8230, RFC 9964)."""
    public = key.public_key()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        at = public.public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32), -3: at.y.to_bytes(32)})
    if isinstance(key, rsa.RSAPrivateKey):
        at = public.public_numbers()
        n, e = at.n.to_bytes(key.key_size // 8), at.e.to_bytes(3)
        return cbor2.dumps({1: 3, 3: -257, -1: n, -2: e})
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
    alg = next(alg for kind, alg in ML_DSA.items() if isinstance(key, kind))
    return cbor2.dumps({1: 7, 3: alg, -1: public.public_bytes_raw()})


def signed(key: Any, message: bytes) -> bytes:
    """Sign as a key of that kind does."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    made: bytes = key.sign(message)
    return made


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
