"""Claim names: in the catalogue they are short, on the wire an extension carries our address."""

from idp import catalog


def wire(issuer: str, claim: str) -> str:
    """Spell a claim of the catalogue as an answer does."""
    known = catalog.BY_NAME[claim]
    return f"{issuer}/claims/{claim}" if known.standard == "ext" else claim


def short(issuer: str, wired: str) -> str | None:
    """Spell a claim of a request as the catalogue does; ``None`` if it is none of ours."""
    name = wired.removeprefix(f"{issuer}/claims/")
    return name if name in catalog.BY_NAME and name not in catalog.PROOF else None
