"""PyPI's mozilla-django-oidc signs a citizen in to a Django project."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.postgres import free_port
from tests.clients.conftest import Register
from tests.support.citizen import Citizen
from tests.support.demo import Demo
from tests.support.servers import listens

FOLDER = Path(__file__).parent


@pytest.fixture
def django(demo: Demo, register: Register, tmp_path: Path) -> Iterator[str]:
    """The Django project, running; returns its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    secret = register(
        "django", f"{address}/oidc/callback/", {"method": "client_secret_post"}, idTokenAlg="RS256"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "django_service.settings",
        "PYTHONPATH": str(FOLDER),
        "ISSUER": demo.issuer,
        "CLIENT_ID": "django",
        "CLIENT_SECRET": secret,
        "DATABASE": str(tmp_path / "django.sqlite"),
    }
    manage = [sys.executable, "-m", "django"]
    subprocess.run([*manage, "migrate", "-v", "0"], env=environment, check=True, cwd=FOLDER)
    log = tmp_path / "django.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*manage, "runserver", "--noreload", str(port)],
            env=environment,
            cwd=FOLDER,
            stdout=output,
            stderr=output,
        )
    listens(port, server, log)
    yield address
    server.terminate()
    server.wait(10)


def test_mozilla_django_oidc_signs_a_citizen_in(demo: Demo, citizen: Citizen, django: str) -> None:
    assert citizen.get(django).json() == {"email": None}

    back = citizen.visit(f"{django}/oidc/authenticate/", f"{django}/oidc/callback/")
    citizen.get(back)

    assert citizen.get(django).json() == {"email": "david.cohen@example.test"}
