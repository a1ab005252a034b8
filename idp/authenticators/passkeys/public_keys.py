"""The public keys of passkeys: which kinds we ask for, and what one of each must be.

The library checks a key when it is first used. By then it is too late to tell the
citizen that it never worked, so it is taken apart here, before it is kept.

Specs: WebAuthn Level 3 §5.8.5, §7.1 step 21; RFC 9053, RFC 8812, RFC 9964.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from idp.authenticators.passkeys import library
from idp.errors import PasskeyRefused

EDDSA, ES256, RS256 = -8, -7, -257
# The smallest first: all of them are stronger than the curves below, and a signature has
# to pass through USB or NFC.
POST_QUANTUM: Mapping[int, Any] = {
    -48: mldsa.MLDSA44PublicKey,
    -49: mldsa.MLDSA65PublicKey,
    -50: mldsa.MLDSA87PublicKey,
}
RSA_BITS = range(2048, 4097)  # below, too weak (SP 800-131A); above, too slow to verify


@cache
def offered() -> tuple[int, ...]:
    """Return the COSE algorithms that we ask devices for, best first.

    ML-DSA is among them where this machine's OpenSSL (3.5 and later) can verify it.
    """
    try:
        mldsa.MLDSA44PublicKey.from_public_bytes(bytes(1312))
    except UnsupportedAlgorithm:
        return (EDDSA, ES256, RS256)
    return (*POST_QUANTUM, EDDSA, ES256, RS256)


def algorithm(cose: bytes) -> int:
    """Return the COSE algorithm of a key, which is one that we asked for.

    :raises PasskeyRefused: another algorithm, another curve, no point of it, a weak key
    """
    helpers = library.webauthn().helpers
    try:
        told = helpers.parse_cbor(cose)
        # A bare point (U2F) says nothing about its algorithm; the library would guess.
        alg = told[3] if isinstance(told, dict) else None
        if not isinstance(alg, int) or alg not in offered():
            raise PasskeyRefused("key")
        key = helpers.decode_credential_public_key(cose)
        public = helpers.decoded_public_key_to_cryptography(key)
    except library.refusals() as error:
        raise PasskeyRefused("key") from error
    if not _FITS[alg](public):
        raise PasskeyRefused("key")
    return alg


def _is_p256(key: Any) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _is_ed25519(key: Any) -> bool:
    return isinstance(key, ed25519.Ed25519PublicKey)


def _is_sound_rsa(key: Any) -> bool:
    # Every root of trust uses 65537; a long exponent only makes verifying slow.
    return (
        isinstance(key, rsa.RSAPublicKey)
        and key.key_size in RSA_BITS
        and key.public_numbers().e.bit_length() <= 32
    )


def _is(kind: Any) -> Callable[[Any], bool]:
    return lambda key: isinstance(key, kind)


_FITS: Mapping[int, Callable[[Any], bool]] = {
    EDDSA: _is_ed25519,
    ES256: _is_p256,
    RS256: _is_sound_rsa,
    **{alg: _is(kind) for alg, kind in POST_QUANTUM.items()},
}
