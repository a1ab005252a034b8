"""Claim names on the wire: the standard ones are short, the gateway's own carry its address."""

STANDARD = frozenset(
    {
        "name", "given_name", "family_name", "middle_name", "nickname", "gender", "birthdate",
        "locale", "zoneinfo", "email", "email_verified", "phone_number", "phone_number_verified",
        "address", "updated_at", "place_of_birth", "nationalities", "birth_family_name",
        "birth_given_name", "birth_middle_name", "salutation", "title", "also_known_as", "msisdn",
    }
)  # fmt: skip


def wire_name(issuer: str, claim: str) -> str:
    """Spell a claim as the request and the answer do."""
    return claim if claim in STANDARD else f"{issuer}/claims/{claim}"


def short_name(issuer: str, wire: str) -> str:
    """Spell a claim as the service does."""
    return wire.removeprefix(f"{issuer}/claims/")
