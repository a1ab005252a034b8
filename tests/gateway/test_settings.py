"""Settings: what would protect nobody, or break every token, stops the start."""

import pytest

from gateway import settings
from gateway.settings import SettingsInvalid

BASE = {
    "GATEHOUSE_ISSUER": "https://id.northtown.example",
    "GATEHOUSE_DATABASE_URL": "postgresql://gatehouse@127.0.0.1/gatehouse",
    "GATEHOUSE_MASTER_KEY_FILE": "/etc/gatehouse/master.key",
}


def refused(**given: str) -> str:
    """Return what the refusal says."""
    with pytest.raises(SettingsInvalid) as said:
        settings.read({**BASE, **given})
    return str(said.value)


@pytest.mark.parametrize(
    ("issuer", "instead"),
    [
        ("https://id.example/", "https://id.example"),
        ("https://id.example/path", "https://id.example"),
        ("https://id.example?x=1", "https://id.example"),
        ("https://id.example?", "https://id.example"),
        ("https://id.example#x", "https://id.example"),
        ("https://id.example#", "https://id.example"),
        ("https://user@id.example", "https://id.example"),
        ("https://user:word@id.example", "https://id.example"),
        ("https://ID.example", "https://id.example"),
        ("HTTPS://id.example", "https://id.example"),
        ("https://id.example:", "https://id.example"),
        ("https://id.example:443", "https://id.example"),
        ("https://id.example:0443", "https://id.example"),
        ("https://id.example.", "https://id.example"),
        ("https://id.example ", "https://id.example"),
        (" https://id.example", "https://id.example"),
        ("https://id.example\n", "https://id.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_issuer_has_one_spelling(issuer: str, instead: str) -> None:
    """KE-08: and the refusal says which."""
    assert f"nothing after: {instead} instead of" in refused(GATEHOUSE_ISSUER=issuer)


@pytest.mark.parametrize(
    "issuer",
    ["id.example", "https://", "ftp://id.example", "https://id.example:x", "https://[::1", "",
     "https://id.example:99999", "https://\u2603\uffff.example"],
)  # fmt: skip
def test_what_is_no_issuer_is_refused(issuer: str) -> None:
    """KE-08."""
    assert "GATEHOUSE_ISSUER" in refused(GATEHOUSE_ISSUER=issuer)


@pytest.mark.parametrize(
    "issuer",
    ["https://id.example", "https://id.example:8443", "https://xn--bcher-kva.example",
     "https://[2001:db8::1]:8443"],
)  # fmt: skip
def test_an_issuer_is_kept_as_it_is(issuer: str) -> None:
    """KE-08."""
    assert settings.read({**BASE, "GATEHOUSE_ISSUER": issuer}).issuer == issuer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("WORKERS", text) for text in ("0", "-1", "257", "two", "", "1.5", "٣", "1_0", " 2")),
        *(("POOL_SIZE", text) for text in ("0", "501", "1000000")),
        *(("PORT", text) for text in ("0", "65536", "+80")),
    ],
)
def test_a_number_has_bounds(name: str, value: str) -> None:
    assert f"GATEHOUSE_{name} can't be" in refused(**{f"GATEHOUSE_{name}": value})


@pytest.mark.parametrize(
    "url", ["smtp://mail.example:25", "smtp://10.0.0.5", "smtp://user:word@mail.example:587"]
)
def test_mail_does_not_travel_in_the_open(url: str) -> None:
    """Codes and invitations are in it."""
    assert "smtp+starttls://" in refused(GATEHOUSE_SMTP_URL=url)
    trial = {**BASE, "GATEHOUSE_SMTP_URL": url, "GATEHOUSE_ENVIRONMENT": "test"}
    assert settings.read(trial).smtp_url == url


@pytest.mark.parametrize(
    "url",
    ["smtp://127.0.0.1:1025", "smtp://localhost:25", "smtp://[::1]:25", "smtps://mail.example:465",
     "smtp+starttls://user:word@mail.example:587"],
)  # fmt: skip
def test_mail_goes_by_tls_or_stays_on_the_machine(url: str) -> None:
    assert settings.read({**BASE, "GATEHOUSE_SMTP_URL": url}).smtp_url == url


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://["])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    assert "GATEHOUSE_SMTP_URL is" in refused(GATEHOUSE_SMTP_URL=url)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GATEHOUSE_ISSUER", "http://id.example", "must be https in production"),
        ("GATEHOUSE_ALLOW_LOOPBACK", "true", "demos and tests"),
        ("GATEHOUSE_CONFORMANCE", "true", "never for people"),
        ("GATEHOUSE_OPEN_REGISTRATION", "true", "demos and tests"),
        ("AUTHLIB_INSECURE_TRANSPORT", "1", "unset it"),
        ("GATEHOUSE_DEFAULT_LOCALE", "de", "one of en, fr, ar"),
        ("GATEHOUSE_TRUSTED_PROXIES", "10.0.0.1/8", "can't be"),
    ],
)
def test_production_takes_no_shortcut(name: str, value: str, says: str) -> None:
    assert says in refused(**{name: value})


def test_the_conformance_suite_needs_one_setting() -> None:
    trial = {**BASE, "GATEHOUSE_ENVIRONMENT": "test", "GATEHOUSE_CONFORMANCE": "true"}

    read = settings.read(trial)

    assert (read.allow_loopback, read.rate_limits) == (True, False)
    assert read.legacy_response_types


def test_a_secret_is_not_told() -> None:
    """LG-08: the record can be logged."""
    given = {**BASE, "GATEHOUSE_DATABASE_URL": "postgresql://a:hidden@127.0.0.1/x"}

    assert "hidden" not in repr(settings.read(given))


ALIAS = {"GATEHOUSE_MTLS_ADDRESS": "https://mtls.northtown.example"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"GATEHOUSE_MTLS_ADDRESS": "https://mtls.example/"}, "https://mtls.example instead of"),
        ({"GATEHOUSE_MTLS_ADDRESS": "mtls.example"}, "is a scheme and a host"),
        ({"GATEHOUSE_MTLS_ADDRESS": "http://mtls.example"}, "must be https in production"),
        ({"GATEHOUSE_MTLS_ADDRESS": BASE["GATEHOUSE_ISSUER"]}, "must be another host or port"),
        ({"GATEHOUSE_CLIENT_AUTHORITIES": "/ca.pem"}, "does nothing without"),
        ({"GATEHOUSE_CERTIFICATE_HEADER": "Client-Cert"}, "does nothing without"),
        (ALIAS | {"GATEHOUSE_CERTIFICATE_HEADER": "X-Cert"}, "one of client-cert"),
        (ALIAS | {"GATEHOUSE_CERTIFICATE_HEADER": "Client-Cert"}, "name them"),
    ],
)
def test_what_would_believe_strangers_stops_the_start(given: dict[str, str], says: str) -> None:
    """CA-25."""
    assert says in refused(**given)


def test_a_header_is_believed_from_named_proxies() -> None:
    header = {"GATEHOUSE_CERTIFICATE_HEADER": "Client-Cert"}
    read = settings.read({**BASE, **ALIAS, **header, "GATEHOUSE_TRUSTED_PROXIES": "10.0.0.1"})

    assert (read.mtls_authority, read.certificate_header) == (
        "mtls.northtown.example",
        "client-cert",
    )
