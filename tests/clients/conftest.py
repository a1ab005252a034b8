"""Services for clients that nobody here wrote, registered as their engineers would."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.citizen import Citizen
from tests.support.demo import Demo

Register = Callable[..., str]
RegisterAll = Callable[..., list[str]]
ROOT, SCRIPTS = Path(__file__).parents[2], Path(__file__).parent
TOOLS = ROOT / ".gatehouse" / "tools"
MODULES = TOOLS / "clients"  # of npm


@pytest.fixture
def citizen(demo: Demo) -> Iterator[Citizen]:
    """Somebody of the demo."""
    person = demo.person("David")
    citizen = Citizen(demo.issuer, person["email"], person["password"])
    yield citizen
    citizen.leave()


def document(
    client_id: str, redirect_uri: str | None, auth: dict[str, object], **spec: object
) -> dict[str, object]:
    """A service that greets; ``spec`` replaces or adds members."""
    why = {"en": "To greet you"}
    claims = [
        {"claim": claim, "need": "needed", "basis": "consent", "why": why}
        for claim in ("name", "given_name", "family_name", "email")
    ]
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": "northtown"},
        "spec": {
            "name": {"en": f"Service {client_id}"},
            "profile": "oidc-basic",
            **({"redirectUris": [redirect_uri]} if redirect_uri else {}),
            "auth": auth,
            "offlineAccess": True,
            "purposes": [{"id": "greet", "name": {"en": "To greet you"}, "claims": claims}],
            **spec,
        },
    }


@pytest.fixture
def register_all(demo: Demo, tmp_path: Path) -> RegisterAll:
    """Register services with ``gatehouse apply -f``; returns the secrets of those that have one."""

    def apply(*documents: dict[str, object]) -> list[str]:
        path = tmp_path / "services.yaml"
        path.write_text(yaml.safe_dump_all(documents))
        return re.findall(r"client_secret: (\S+)", demo.command("apply", "-f", str(path)))

    return apply


@pytest.fixture
def register(register_all: RegisterAll) -> Register:
    """Register one service, as :func:`document` writes it; returns its secret, if any."""

    def apply(*about: Any, **spec: Any) -> str:
        return next(iter(register_all(document(*about, **spec))), "")

    return apply
