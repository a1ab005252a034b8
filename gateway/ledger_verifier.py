"""Check a download of "When your details were read" without asking anybody.

    python verify_ledger.py ledger.json --keys keys.json
    python verify_ledger.py ledger.json --keys keys.json --checkpoint kept.txt --consistency c.json

It needs Python 3.11 or newer and the package `cryptography`, and no network.

ledger.json   what you downloaded from your account
keys.json     the public keys, from /transparency/keys; take them where you trust what you see
kept.txt      a checkpoint that you, or somebody whom you trust, kept: from /transparency/checkpoint
c.json        if the kept one is of another size: /transparency/consistency?first=…&second=…

What is checked, line by line: that the line is the one that was sealed (SHA-256 of its salt and
its text), that it stands in the tree (RFC 9162 §2.1.3.2) under the checkpoint's root, and that
our key signed this checkpoint. With a kept checkpoint: that the tree was only added to
(RFC 9162 §2.1.4.2), so that what you see is what everybody sees.

It leaves 0 if everything holds, 1 if anything does not, 2 if a file can't be read.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

TYPE = "transparency-checkpoint+jwt"
FORMAT = "gatehouse-ledger/1"


class Wrong(Exception):  # noqa: N818 - named as what it reports
    """Something does not hold; the text says what."""


def decoded(text: Any) -> bytes:
    """Read base64url without padding (RFC 7515 §2), in its one spelling."""
    if not isinstance(text, str):
        raise Wrong("a value is missing")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Wrong("a value is not base64url") from error
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != text:
        raise Wrong("a value is not base64url in its one spelling")
    return found


def checkpoint(signed: str, keys: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a checkpoint says, if one of ``keys`` signed it (RFC 7515, ES256)."""
    parts = signed.strip().split(".")
    if len(parts) != 3:
        raise Wrong("the checkpoint is not a signed one")
    header, told = (json.loads(decoded(part)) for part in parts[:2])
    if (header.get("alg"), header.get("typ")) != ("ES256", TYPE):
        raise Wrong("what was signed is not a checkpoint")
    key = next((one for one in keys if one.get("kid") == header.get("kid")), None)
    if key is None:
        raise Wrong("no key that you gave signed the checkpoint")
    _check_signature(key, f"{parts[0]}.{parts[1]}".encode(), decoded(parts[2]))
    if not isinstance(told.get("size"), int) or len(decoded(told.get("root"))) != 32:
        raise Wrong("the checkpoint does not say how large the tree is, and its root")
    return dict(told)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Follow a proof from a leaf to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, joined = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            joined = _node(each, joined)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            joined = _node(joined, each)
        place, last = place // 2, last // 2
    return last == 0 and joined == root


def consistent(first: tuple[int, bytes], second: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Check that the larger tree begins with the smaller one (RFC 9162 §2.1.4.2)."""
    (size, root), (larger, later) = first, second
    if size == larger:
        return not path and root == later
    if not 0 < size < larger or not path:
        return False
    steps = list(path) if size & (size - 1) else [root, *path]
    place, last = size - 1, larger - 1
    while place % 2:
        place, last = place // 2, last // 2
    old = new = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = _node(each, old), _node(each, new)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            new = _node(new, each)
        place, last = place // 2, last // 2
    return last == 0 and old == root and new == later


def check_line(one: dict[str, Any], size: int, root: bytes) -> None:
    """Check one line of a download.

    :raises Wrong: it is not what was sealed, or not where it is said to be
    """
    text = one.get("line")
    if not isinstance(text, str):
        raise Wrong("there is no text")
    commitment = hashlib.sha256(decoded(one.get("salt")) + text.encode()).digest()
    leaf = hashlib.sha256(b"\x00" + commitment + decoded(one.get("stored"))).digest()
    place, path = one.get("place"), [decoded(each) for each in one.get("proof") or ()]
    if not isinstance(place, int) or not included(leaf, place, size, path, root):
        raise Wrong("it is not what was sealed in the tree")


def check_kept(told: dict[str, Any], kept: dict[str, Any], proof: "dict[str, Any] | None") -> None:
    """Check that the download's tree and the kept checkpoint's are one tree.

    :raises Wrong: they are not, or it can't be seen without a proof
    """
    if told.get("iss") != kept.get("iss"):
        raise Wrong("the kept checkpoint is of another gateway")
    heads = sorted((one["size"], decoded(one["root"])) for one in (told, kept))
    if heads[0][0] != heads[1][0] and proof is None:
        first, second = heads[0][0], heads[1][0]
        raise Wrong(f"--consistency is due: /transparency/consistency?{first=}&{second=}")
    path = [decoded(each) for each in proof["proof"]] if proof else []
    if not consistent(heads[0], heads[1], path):
        raise Wrong("the kept checkpoint and this download are not of one tree")


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Check what the command line names."""
    given = _parser().parse_args(arguments)
    try:
        ledger, keys = _download(given.ledger), _read(given.keys)["keys"]
        kept = Path(given.checkpoint).read_text() if given.checkpoint else None
        proof = _read(given.consistency) if given.consistency else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"✖ {error}", file=sys.stderr)
        return 2
    try:
        told = checkpoint(ledger["checkpoint"], keys)
        if kept is not None:
            check_kept(told, checkpoint(kept, keys), proof)
    except (Wrong, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"✖ {error}")
        return 1
    return _lines(ledger, told)


def _lines(ledger: dict[str, Any], told: dict[str, Any]) -> int:
    wrong, root = 0, decoded(told["root"])
    for number, one in enumerate(ledger.get("lines") or (), 1):
        try:
            check_line(one, told["size"], root)
        except (Wrong, ValueError, KeyError, TypeError, AttributeError) as error:
            wrong += 1
            print(f"✖ line {number} ({str(one.get('line'))[:60]}…): {error}")
    lines = len(ledger.get("lines") or ())
    if wrong:
        print(f"✖ {wrong} of {lines} lines are not what was sealed")
        return 1
    print(f"✔ {lines} lines are in the tree of {told['size']} that {told.get('iss')} signed")
    if waiting := len(ledger.get("waiting") or ()):
        print(f"· {waiting} were too new to be sealed when you downloaded")
    return 0


def _check_signature(key: dict[str, Any], signed: bytes, signature: bytes) -> None:
    if len(signature) != 64 or (key.get("kty"), key.get("crv")) != ("EC", "P-256"):
        raise Wrong("the signature is not of the kind that it says")
    x, y, r, s = (
        int.from_bytes(part, "big")
        for part in (decoded(key["x"]), decoded(key["y"]), signature[:32], signature[32:])
    )
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise Wrong("the checkpoint was not signed by this key") from error


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _download(path: str) -> Any:
    found = _read(path)
    if found.get("format") != FORMAT:
        raise ValueError(f"{path} is no download of the ledger")
    return found


def _read(path: str) -> Any:
    found = json.loads(Path(path).read_text())
    if not isinstance(found, dict):
        raise TypeError(f"{path} is not what it should be")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ledger")
    parser.add_argument("--keys", required=True)
    parser.add_argument("--checkpoint")
    parser.add_argument("--consistency")
    return parser


if __name__ == "__main__":
    sys.exit(main())
