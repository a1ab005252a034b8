"""Settings: the environment, read once into one frozen record.

Every name is ``GATEHOUSE_`` and a field in capitals; a name that is none of them is
an error, because a setting that is spelt wrong protects nobody.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import idna

# What a number may be: beyond these it is a slip, such as a port given for a size.
BOUNDS = {"port": (1, 65535), "workers": (1, 256), "pool_size": (1, 500)}
SWITCHES = (
    *("allow_loopback", "rate_limits", "open_registration", "conformance"),
    "legacy_response_types",
)
MAIL_SCHEMES = ("smtp", "smtp+starttls", "smtps")
DEFAULT_PORTS = {"https": 443, "http": 80}
CERTIFICATE_HEADERS = ("client-cert", "ssl-client-cert")

ENVIRONMENTS = ("production", "demo", "test")
LOCALES = ("en", "fr", "ar")

# Read by others: the master key by keys.master, the rest by the bootstrap and the tests.
ELSEWHERE = {"GATEHOUSE_MASTER_KEY", "GATEHOUSE_HOME", "GATEHOUSE_CHROMIUM", "GATEHOUSE_NODE"}


class SettingsInvalid(Exception):  # noqa: N818 - named as the fact it reports
    """A setting is missing, unknown or unsafe; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this gateway runs.

    :ivar issuer: the gateway's own address, exactly as it stands in every token
    :ivar trusted_proxies: peers whose ``X-Forwarded-For`` is believed
    :ivar mtls_address: where clients show certificates: another host or port of ours
    :ivar client_authorities: file of the certificates of those who vouch for clients (PEM)
    :ivar certificate_header: in which a trusted proxy hands a client's certificate over
    :ivar workers: processes that answer requests
    :ivar operator: what the gateway calls itself on its pages
    :ivar contact: where people and finders of faults can write: an address or a link
    :ivar country: whose gateway this is, as two letters; answers ``is_citizen``
    :ivar allow_loopback: services may register ``http`` addresses on this machine
    :ivar open_registration: services that register themselves are live at once, unseen
    :ivar rate_limits: a client or a network that sends too many requests has to wait
    :ivar legacy_response_types: services under ``oidc-basic`` may register response types whose
        tokens go through the browser, and watch the session in a frame
    :ivar conformance: as the OpenID Foundation's suite needs it: loopback, no rate limits, legacy
        response types, unsigned request objects, and nothing after a password but the way on
    """

    issuer: str = "http://localhost:8000"
    database_url: str = field(default="", repr=False)
    master_key_file: Path | None = None
    environment: str = "production"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    smtp_url: str = field(default="smtp://127.0.0.1:1025", repr=False)
    mail_from: str = "Gatehouse <no-reply@localhost>"
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    mtls_address: str = ""
    client_authorities: Path | None = None
    certificate_header: str = ""
    operator: str = "Gatehouse"
    contact: str = ""
    default_locale: str = "en"
    pool_size: int = 10
    allow_loopback: bool = False
    country: str = ""
    rate_limits: bool = True
    conformance: bool = False
    open_registration: bool = False
    legacy_response_types: bool = False

    @property
    def origin(self) -> str:
        """Scheme and authority of the issuer."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.issuer.startswith("https:")

    @property
    def authority(self) -> str:
        """Host and port of the issuer: the only ``Host`` that is answered."""
        return urlsplit(self.issuer).netloc

    @property
    def mtls_authority(self) -> str:
        """Host and port at which clients show certificates; empty where they show none."""
        return urlsplit(self.mtls_address).netloc

    @property
    def rp_id(self) -> str:
        """The WebAuthn relying party id: the issuer's host, for ever."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def production(self) -> bool:
        """Whether real people use it."""
        return self.environment == "production"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    :raises SettingsInvalid: the first thing that is wrong
    """
    known = {f"GATEHOUSE_{item.name.upper()}": item.name for item in fields(Settings)}
    given = {}
    for name, text in environment.items():
        if name.startswith("GATEHOUSE_") and name not in ELSEWHERE:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise SettingsInvalid(f"{name} is not a setting.{hint}")
            given[known[name]] = _value(name, known[name], text)
    settings = Settings(**given)  # type: ignore[arg-type]
    if settings.conformance:
        settings = replace(
            settings, allow_loopback=True, rate_limits=False, legacy_response_types=True
        )
    _judge(settings, environment)
    return settings


def _value(variable: str, name: str, text: str) -> object:
    try:
        if name in BOUNDS:
            return _number(text, *BOUNDS[name])
        if name in SWITCHES:
            return {"true": True, "false": False}[text.lower()]
        if name in ("master_key_file", "client_authorities"):
            return Path(text) if text else None
        if name == "certificate_header":
            return text.lower()
        if name == "trusted_proxies":
            return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except (ValueError, KeyError) as error:
        hint = " It is a number from {} to {}.".format(*BOUNDS[name]) if name in BOUNDS else ""
        raise SettingsInvalid(f"{variable} can't be {text!r}.{hint}") from error
    return text


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise ValueError(text)
    return int(text)


def _judge(settings: Settings, environment: Mapping[str, str]) -> None:
    if settings.environment not in ENVIRONMENTS:
        raise SettingsInvalid(f"GATEHOUSE_ENVIRONMENT is one of {', '.join(ENVIRONMENTS)}.")
    _judge_address("GATEHOUSE_ISSUER", settings.issuer)
    _judge_mutual_tls(settings)
    if settings.default_locale not in LOCALES:
        raise SettingsInvalid(f"GATEHOUSE_DEFAULT_LOCALE is one of {', '.join(LOCALES)}.")
    if settings.country and not re.fullmatch(r"[A-Z]{2}", settings.country):
        raise SettingsInvalid("GATEHOUSE_COUNTRY is two capital letters (ISO 3166-1), such as GB.")
    if not settings.database_url:
        raise SettingsInvalid("GATEHOUSE_DATABASE_URL is missing: postgresql://user@host/name.")
    if _of(settings.smtp_url).scheme not in MAIL_SCHEMES or not _of(settings.smtp_url).hostname:
        raise SettingsInvalid(
            "GATEHOUSE_SMTP_URL is smtp+starttls://host:587, smtps://host:465 or smtp://host:port."
        )
    if settings.production:
        _judge_production(settings, environment)


def _judge_address(variable: str, address: str) -> None:
    """Refuse every spelling but one: it is compared letter by letter wherever a token goes."""
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except ValueError as error:  # which IDNAError is, too
        raise SettingsInvalid(f"{variable} can't be {address!r}: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise SettingsInvalid(f"{variable} is a scheme and a host, such as https://id.example.")
    host = f"[{host}]" if ":" in host else host
    tail = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    plain = f"{parts.scheme}://{host}{tail}"
    if address != plain:
        raise SettingsInvalid(
            f"{variable} is a scheme, a host and perhaps a port, in small letters and with"
            f" nothing after: {plain} instead of {address!r}."
        )


def _judge_mutual_tls(settings: Settings) -> None:
    if not settings.mtls_address:
        for name in ("client_authorities", "certificate_header"):
            if getattr(settings, name):
                raise SettingsInvalid(
                    f"GATEHOUSE_{name.upper()} does nothing without GATEHOUSE_MTLS_ADDRESS."
                )
        return
    _judge_address("GATEHOUSE_MTLS_ADDRESS", settings.mtls_address)
    if settings.mtls_authority == settings.authority:
        raise SettingsInvalid(
            "GATEHOUSE_MTLS_ADDRESS must be another host or port than GATEHOUSE_ISSUER: browsers"
            " would ask everybody for a certificate."
        )
    if settings.certificate_header not in ("", *CERTIFICATE_HEADERS):
        raise SettingsInvalid(
            f"GATEHOUSE_CERTIFICATE_HEADER is one of {', '.join(CERTIFICATE_HEADERS)}."
        )
    if settings.certificate_header and not settings.trusted_proxies:
        raise SettingsInvalid(
            "GATEHOUSE_CERTIFICATE_HEADER is believed from GATEHOUSE_TRUSTED_PROXIES only: name"
            " them."
        )


def _of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def loopback(host: str) -> bool:
    """Whether ``host`` is this machine, so that nobody listens on the way."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


# What real people need, and why it may be otherwise elsewhere.
_SAFE: Mapping[str, tuple[bool, str]] = {
    "conformance": (False, "is for the conformance suite, never for people."),
    "allow_loopback": (False, "is for demos and tests."),
    "open_registration": (False, "is for demos and tests."),
    "rate_limits": (True, "can be off in demos and tests only."),
}


def _judge_production(settings: Settings, environment: Mapping[str, str]) -> None:
    if not settings.issuer.startswith("https://"):
        raise SettingsInvalid("GATEHOUSE_ISSUER must be https in production.")
    if settings.mtls_address and not settings.mtls_address.startswith("https://"):
        raise SettingsInvalid("GATEHOUSE_MTLS_ADDRESS must be https in production.")
    for name, (safe, why) in _SAFE.items():
        if getattr(settings, name) is not safe:
            raise SettingsInvalid(f"GATEHOUSE_{name.upper()} {why}")
    if "AUTHLIB_INSECURE_TRANSPORT" in environment:
        raise SettingsInvalid("AUTHLIB_INSECURE_TRANSPORT is set: unset it in production.")
    mail = _of(settings.smtp_url)
    if mail.scheme == "smtp" and not loopback(mail.hostname or ""):
        raise SettingsInvalid(
            "GATEHOUSE_SMTP_URL sends codes and invitations in the open: use smtp+starttls://…:587"
            " or smtps://…:465; smtp:// is for a mail server on this machine."
        )
    if settings.master_key_file is None and "GATEHOUSE_MASTER_KEY" not in environment:
        raise SettingsInvalid("Set GATEHOUSE_MASTER_KEY_FILE or GATEHOUSE_MASTER_KEY.")
