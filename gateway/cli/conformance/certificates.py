"""A certificate of our own making, for a gateway that only this machine reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from gateway.runtime import now

LIVES = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key lie, both in PEM."""

    certificate: Path
    key: Path


def own(place: Path, names: Sequence[str]) -> Pair:
    """Draw a key and sign a certificate for ``names`` and 127.0.0.1; each call makes new ones."""
    pair = Pair(place / "tls.crt", place / "tls.key")
    # The suite's TLS probes offer RSA suites in any case, ECDSA not always.
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pair.key.touch(mode=0o600)
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    pair.certificate.write_bytes(_signed(key, names).public_bytes(serialization.Encoding.PEM))
    return pair


def _signed(key: rsa.RSAPrivateKey, names: Sequence[str]) -> x509.Certificate:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    known = [*(x509.DNSName(name) for name in names), x509.IPAddress(ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(minutes=5))
        .not_valid_after(now() + LIVES)
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
