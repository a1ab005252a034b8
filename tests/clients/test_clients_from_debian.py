"""Debian's Apache with mod_auth_openidc lets a citizen in."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.postgres import free_port
from tests.clients.conftest import Register
from tests.support.citizen import Citizen
from tests.support.demo import Demo
from tests.support.servers import listens

pytestmark = pytest.mark.debian

CONFIGURATION = """
ServerRoot {place}
PidFile {place}/pid
ErrorLog {place}/error.log
ServerName localhost
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
User {user}
Group {group}
DocumentRoot {place}/pages
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret {secret}
OIDCRedirectURI http://localhost:{port}/callback
OIDCCryptoPassphrase only-this-test-uses-it
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCCookieSameSite On
<Location "/">
AuthType openid-connect
Require valid-user
Header set X-Email "%{{OIDC_CLAIM_email}}e"
</Location>
"""


@pytest.fixture
def apache(demo: Demo, register: Register, run_folder: Path) -> Iterator[str]:
    """Apache, running; returns its address."""
    port = free_port()
    place = run_folder / f"apache-{port}"
    (place / "pages").mkdir(parents=True)
    (place / "pages" / "index.html").write_text("let in")
    place.chmod(0o755)
    secret = register(
        "apache",
        f"http://localhost:{port}/callback",
        {"method": "client_secret_basic"},
        idTokenAlg="ES256",
    )
    configuration = place / "apache.conf"
    root = os.geteuid() == 0
    configuration.write_text(
        CONFIGURATION.format(
            place=place,
            port=port,
            modules="/usr/lib/apache2/modules",
            issuer=demo.issuer,
            secret=secret,
            user="www-data" if root else f"#{os.geteuid()}",
            group="www-data" if root else f"#{os.getegid()}",
        )
    )
    server = subprocess.Popen(
        [shutil.which("apache2") or "/usr/sbin/apache2", "-f", configuration, "-D", "FOREGROUND"]
    )
    listens(port, server, place / "error.log")
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(20)


def test_mod_auth_openidc_lets_a_citizen_in(citizen: Citizen, apache: str) -> None:
    back = citizen.visit(f"{apache}/", f"{apache}/callback")

    page = citizen.get(back)

    assert page.status_code == 200
    assert page.text == "let in"
    assert page.headers["x-email"] == "david.cohen@example.test"
