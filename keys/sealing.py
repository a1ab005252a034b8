"""Sealing: a field opens only where it was sealed.

    version 1 byte │ key id 4 bytes │ nonce 12 bytes │ AES-256-GCM ciphertext and tag

The place (table, column, row …) is authenticated with the field, so ciphertext
moved to another row or column does not open. Parts of a place are joined by NUL, which
no part may hold: ("ab", "c") and ("a", "bc") are different places.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys import opaque
from keys.errors import NotSealedHere
from keys.master import MasterKey

VERSION = b"\x01"
_NONCE = 12
_HEADER = 5


def _place(parts: tuple[str, ...]) -> bytes:
    place = "\0".join(parts)
    if place.count("\0") >= len(parts):
        raise ValueError("a part of a place holds NUL")
    return place.encode()


class DataKey:
    """A key that seals and opens fields."""

    __slots__ = ("_cipher", "_header")

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._header = VERSION + hashlib.sha256(b"key id" + key).digest()[:4]

    def seal(self, plain: bytes, *place: str) -> bytes:
        """Seal ``plain`` so that it opens with this key at this place alone.

        :raises ValueError: a part of the place holds NUL
        """
        nonce = opaque.random_bytes(_NONCE)
        return self._header + nonce + self._cipher.encrypt(nonce, plain, _place(place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """Open what :meth:`seal` made here.

        :raises NotSealedHere: another key, another place, or altered
        """
        if not sealed.startswith(self._header):
            raise NotSealedHere
        nonce = sealed[_HEADER : _HEADER + _NONCE]
        try:
            # A part with NUL in it could spell another place: ("a\0b",) and ("a", "b").
            return self._cipher.decrypt(nonce, sealed[_HEADER + _NONCE :], _place(place))
        except (InvalidTag, ValueError) as error:
            raise NotSealedHere from error


class Sealer(DataKey):
    """The key derived from the master key; it also wraps the data key of each citizen."""

    __slots__ = ()

    def __init__(self, master: MasterKey) -> None:
        super().__init__(
            HKDF(SHA256(), 32, salt=None, info=b"gatehouse sealing").derive(master.value)
        )

    def new_data_key(self, *place: str) -> tuple[DataKey, bytes]:
        """Draw a data key; return it with its wrapping, which is what is stored."""
        key = opaque.random_bytes(32)
        return DataKey(key), self.seal(key, *place)

    def data_key(self, wrapped: bytes, *place: str) -> DataKey:
        """Unwrap a data key.

        :raises NotSealedHere: not wrapped here; destroying the wrapping destroys
            everything under it
        """
        return DataKey(self.open(wrapped, *place))
