"""Services for clients that nobody here wrote, registered as their engineers would."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.citizen import Citizen
from tests.support.demo import Demo

Register = Callable[..., str]
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


@pytest.fixture
def register(demo: Demo, tmp_path: Path) -> Register:
    """Register a service from YAML with ``gatehouse apply -f``; returns its secret, if any."""

    def apply(
        client_id: str, redirect_uri: str | None, auth: dict[str, object], **spec: object
    ) -> str:
        why = {"en": "To greet you"}
        claims = [
            {"claim": claim, "need": "needed", "basis": "consent", "why": why}
            for claim in ("name", "given_name", "family_name", "email")
        ]
        document = {
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
        path = tmp_path / f"{client_id}.yaml"
        path.write_text(yaml.safe_dump(document))
        printed = demo.command("apply", "-f", str(path))
        found = re.search(r"client_secret: (\S+)", printed)
        return found[1] if found else ""

    return apply
