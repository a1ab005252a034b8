"""What a service that registered itself asks for, in words of ours: it brings none of its own.

The claims are those of the standard scopes, without any that need care. In production a
reviewer reads and corrects this before anybody is asked.
"""

from collections.abc import Collection
from typing import Any

from gateway.settings import LOCALES
from gateway.web.locale import N_, translations
from idp import catalog

SCOPES = {name: catalog.SCOPES[name] for name in ("profile", "email", "address", "phone")}
KEEP_DAYS = 90

_NAME = N_("To sign you in")
_WHY = N_("The service registered itself and does not say why")
_CAREFUL = catalog.EACH_TIME | catalog.BY_LAW | catalog.SPECIAL


def purposes(scopes: Collection[str]) -> list[dict[str, Any]]:
    """Return the purposes of a registration that may ask for ``scopes``."""
    wanted = [claim for name, claims in SCOPES.items() if name in scopes for claim in claims]
    asked = [
        {"claim": claim, "need": "needed", "basis": "consent", "why": _said(_WHY)}
        for claim in wanted
        if claim not in _CAREFUL
    ]
    if not asked:
        return []
    return [{"id": "sign-in", "name": _said(_NAME), "keepDays": KEEP_DAYS, "claims": asked}]


def _said(text: str) -> dict[str, str]:
    return {code: translations(code).gettext(text) for code in LOCALES}
