"""Encryption for one reader: what only the holder of a published key can open.

Which algorithms there are is said here and nowhere else. RSA1_5 is not among them (its
padding can be probed), nor is a password (PBES2 lets its sender choose our work) or a
shared secret; nothing is compressed, because its length would tell of what is inside.

joserfc does it: PyJWT knows no encryption.

Specs: RFC 7516, RFC 7518 §4.3, §4.6 and §5, RFC 8725 §3.2 and §3.6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jwk
from joserfc.jwe import JWERegistry

ALGORITHMS: Mapping[str, str] = {"RSA-OAEP-256": "RSA", "ECDH-ES": "EC", "ECDH-ES+A256KW": "EC"}
"""How the content's key is wrapped, and which type of key it takes."""

CONTENT = ("A128CBC-HS256", "A256GCM")
"""How the content is encrypted; OpenID Connect Registration §2 makes the first the default."""

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
