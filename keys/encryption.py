"""Encryption for one reader: what only the holder of a published key can open, and what we open.

Which algorithms there are is said here and nowhere else. RSA1_5 is not among them (its
padding can be probed), nor is a password (PBES2 lets its sender choose our work) or a
shared secret; nothing is compressed, because its length would tell of what is inside.

joserfc does it: PyJWT knows no encryption. What arrives is read as strictly as what is signed:
a header of known members alone, and one word for whatever does not open.

Specs: RFC 7516, RFC 7518 §4.3, §4.6 and §5, RFC 8725 §3.2 and §3.6.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidKey, InvalidTag
from joserfc import jwe, jwk
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry

from keys.assertions import MAX_BYTES, json_part
from keys.errors import TokenRefused
from keys.keystore import ALGORITHMS as OWN
from keys.keystore import Keyring, SigningKey

ALGORITHMS: Mapping[str, str] = {"RSA-OAEP-256": "RSA", "ECDH-ES": "EC", "ECDH-ES+A256KW": "EC"}
"""How the content's key is wrapped, and which type of key it takes."""

CONTENT = ("A128CBC-HS256", "A256GCM")
"""How the content is encrypted; OpenID Connect Registration §2 makes the first the default."""

# Base64 makes four of three, and the key stands beside.
_LONGEST = MAX_BYTES * 4 // 3 + 2048
_COMPACT = re.compile(r"(?:[A-Za-z0-9_-]*\.){4}[A-Za-z0-9_-]*")  # RFC 7516 §7.1
# Neither a key of the sender's choice (jwk, jku, x5c, x5u) nor an extension (crit, zip, p2c).
_MEMBERS = frozenset({"alg", "enc", "kid", "typ", "cty", "epk", "apu", "apv"})
_NESTED = ("jwt", "oauth-authz-req+jwt", None)
# What else stands in a key was judged by us; joserfc has views of its own on some of it.
_NUMBERS = ("kty", "crv", "x", "y", "n", "e")
_REGISTRY = JWERegistry(algorithms=[*ALGORITHMS, *CONTENT])


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who will read it: their public key, and how they want it."""

    key: Mapping[str, Any]
    alg: str
    enc: str


def fit(keys: Iterable[Mapping[str, Any]], alg: str) -> Mapping[str, Any] | None:
    """Return the first of the published ``keys`` that something may be encrypted to by ``alg``.

    A key that does not say that it is for this (``use``) is one that signs.
    """
    for key in keys:
        right = key.get("kty") == ALGORITHMS[alg] and key.get("alg", alg) == alg
        if right and key.get("use") == "enc":
            return key
    return None


def encrypt(content: str, recipient: Recipient, *, cty: str | None = None) -> str:
    """Encrypt ``content`` as a compact JWE.

    :param cty: ``JWT`` if the content is one (RFC 7519 §5.2)
    """
    header = {"alg": recipient.alg, "enc": recipient.enc, "kid": recipient.key["kid"]}
    if cty:
        header["cty"] = cty
    key = jwk.import_key({name: recipient.key[name] for name in _NUMBERS if name in recipient.key})
    return jwe.encrypt_compact(header, content, key, registry=_REGISTRY)


def encrypted(raw: str) -> bool:
    """Whether ``raw`` has the five parts of something encrypted."""
    return raw.count(".") == 4


def decrypt(keyring: Keyring, raw: str) -> str:
    """Open a compact JWE that was made for us; returns the JWT inside, which proves nothing yet.

    :raises TokenRefused: reason ``size``, ``format``, ``header``, ``alg`` or ``cty``; or
        ``encryption``, whatever did not open, so that nothing can be probed
    """
    if len(raw) > _LONGEST:
        raise TokenRefused("size")
    if not _COMPACT.fullmatch(raw):
        raise TokenRefused("format")
    header = json_part(raw.split(".", 1)[0])
    if not header.keys() <= _MEMBERS:
        raise TokenRefused("header")
    if header.get("alg") not in OWN["enc"] or header.get("enc") not in CONTENT:
        raise TokenRefused("alg")
    cty = header.get("cty")
    if (cty.lower() if isinstance(cty, str) else cty) not in _NESTED:
        raise TokenRefused("cty")
    for key in keyring.to_open(header["alg"]):
        if header.get("kid", key.kid) == key.kid:
            return _open(raw, key)
    raise TokenRefused("encryption")


def _open(raw: str, key: SigningKey) -> str:
    kind = jwk.RSAKey if ALGORITHMS[key.alg] == "RSA" else jwk.ECKey
    try:
        opened = jwe.decrypt_compact(raw, kind(key.private, key.private), registry=_REGISTRY)
        inside = (opened.plaintext or b"").decode("ascii")
    except (JoseError, ValueError, TypeError, KeyError, InvalidKey, InvalidTag) as error:
        raise TokenRefused("encryption") from error
    if len(inside) > MAX_BYTES:
        raise TokenRefused("size")
    return inside
