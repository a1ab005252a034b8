"""What each thing may cost, and whether it does: the figures that the product promises.

CPU is that of a core that makes 4,000 RSA-2048 signatures a second, so that machines,
and the same machine on a bad day, can be compared: what was counted is scaled to it.
A sign-on is judged with the database's share, because the peer, the fastest we found,
keeps its state in PostgreSQL, too; everything else by the gateway's own.
"""

import time
from collections.abc import Callable, Mapping

PEER_SIGN_ON = 3.85  # ms: node oidc-provider on PostgreSQL, both shares, at 4,000 signatures
CPU_MS: Mapping[str, float] = {
    "sign-on": PEER_SIGN_ON / 2,
    "userinfo": 0.18,
    "introspect": 0.20,
    "refresh": 0.65,
    "discovery": 0.06,
}
KEYED = 2.0  # what a sign-on with keys, both shares, takes against a plain one
SCALING = 1.8  # what two workers do against one
MEGABYTES = 90.0  # of the largest process, after ten thousand sign-ons
TOLD_FEW, TOLD_MANY = 2.0, 60.0  # seconds from a save to the receipt: three services, four hundred
OUTBOX = 1000.0  # events a second, from what happened to on their way
LEDGER_SHARE = 10.0  # per cent of a sign-on
PROOF_MS = 50.0  # of one line in a tree of a million
READY = 0.8  # seconds from the start to the first answer
REFERENCE = 4000.0  # signatures a CPU second


def speed(seconds: float = 0.2) -> float:
    """Return how many RSA-2048 signatures this core makes in a CPU second, at this moment."""
    sign, done, begun = _signer(), 0, time.thread_time()
    while time.thread_time() - begun < seconds:
        sign()
        done += 1
    return done / (time.thread_time() - begun)


def verdict(figure: float, most: float) -> str:
    """Say whether a figure is within its budget."""
    return f"{'held' if figure <= most else 'missed'} (at most {most:.2f})"


def _signer() -> Callable[[], object]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - for this alone
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

    key = rsa.generate_private_key(65537, 2048)
    return lambda: key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
