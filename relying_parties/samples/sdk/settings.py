"""What a service must know to start, from its environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from joserfc import jwk
from joserfc.errors import JoseError


@dataclass(frozen=True, slots=True)
class Settings:
    """The service's side of its registration.

    :ivar issuer: the gateway, exactly as its discovery document spells it
    :ivar base_url: where citizens reach this service; the redirect URI is below it
    :ivar client_jwk: the private key as a JWK; without one, ``client_secret`` is used
    :ivar asks_as: the ``client_id`` of its registration for asking from behind, if it has one
    :ivar auth_method: how the secret travels, as the registration says
    :ivar desk: whoever gets to the page of the office may work there, for a demonstration
    """

    issuer: str
    base_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    client_jwk: Mapping[str, Any] | None = field(default=None, repr=False)
    auth_method: str = "client_secret_basic"
    store: Path = Path(":memory:")
    port: int = 8101
    desk: bool = False
    asks_as: str | None = None

    @property
    def redirect_uri(self) -> str:
        """Where the gateway sends the citizen back to."""
        return f"{self.base_url}/callback"

    @property
    def events_uri(self) -> str:
        """Where the gateway pushes events."""
        return f"{self.base_url}/events"

    @property
    def signed_out_uri(self) -> str:
        """Where the gateway sends the citizen after signing out."""
        return f"{self.base_url}/signed-out"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read ISSUER, BASE_URL, CLIENT_ID, CLIENT_SECRET or CLIENT_JWK, and what may be left out.

        That is AUTH_METHOD, STORE, PORT, DESK and ASKS_AS.

        :raises SystemExit: one that is needed is missing or can't be used; the text names it
        """
        missing = [name for name in ("ISSUER", "BASE_URL", "CLIENT_ID") if name not in environment]
        if not ({"CLIENT_SECRET", "CLIENT_JWK"} & environment.keys()):
            missing.append("CLIENT_SECRET or CLIENT_JWK")
        if missing:
            raise SystemExit(f"This service needs {', '.join(missing)} in its environment.")
        key = environment.get("CLIENT_JWK")
        return cls(
            issuer=environment["ISSUER"],
            base_url=environment["BASE_URL"].rstrip("/"),
            client_id=environment["CLIENT_ID"],
            client_secret=environment.get("CLIENT_SECRET"),
            client_jwk=_private_key(key) if key else None,
            auth_method=environment.get("AUTH_METHOD", "client_secret_basic"),
            store=Path(environment.get("STORE", ":memory:")),
            port=int(environment.get("PORT", "8101")),
            desk=environment.get("DESK") == "open",
            asks_as=environment.get("ASKS_AS"),
        )


def moment() -> str:
    """Say what time it is, as the pages do."""
    return datetime.now(UTC).strftime("%-d %B %Y, %H:%M")  # noqa: TID251 - its own clock


def today() -> str:
    """Say what day it is, as events do."""
    return datetime.now(UTC).date().isoformat()  # noqa: TID251 - its own clock


def _private_key(text: str) -> Mapping[str, Any]:
    """Read CLIENT_JWK, so that a slip is told at the start and not to the first citizen."""
    try:
        key: dict[str, Any] = dict(json.loads(text))
        read = jwk.import_key(key)
    except (JoseError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SystemExit(f"CLIENT_JWK can't be read as a JWK, one line of JSON: {error}") from error
    if not read.is_private:
        raise SystemExit("CLIENT_JWK is the public half: give the one with a member d.")
    if key.get("crv") != "P-256" or not key.get("kid"):
        raise SystemExit("CLIENT_JWK must be a P-256 key with the kid that is registered.")
    return key
