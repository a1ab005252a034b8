"""The claim catalogue: every claim that can be released, as data.

Discovery, the share page, the register and the release itself derive from these rows;
no claim goes out that is not one of them. The next claim is a row.

* sensitivity: S0 technical or yes/no, S1 ordinary, S2 identity and contact, S3 high harm
* rule: R0 with the sign-in, R1 as a group, R2 one by one, R3 only approved and each time
  ticked, RX only where a law says so, and then as R3
* mode: ``once``, or ``keep`` where a service may be told of changes
* standard: whose name it is: OpenID Connect, its Identity Assurance, our extension, which
  carries the issuer's address on the wire, or none: a proof goes out with other claims
* verified_for: days for which a verification holds; 0 for as long as the fact

Specs: OpenID Connect Core §5.1, OpenID Connect for Identity Assurance Claims 1.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the catalogue; ``validator`` names a function of :mod:`idp.values`."""

    name: str
    sensitivity: str
    rule: str
    mode: str
    standard: str
    validator: str
    derived_from: tuple[str, ...] = ()
    special: bool = False  # GDPR Art. 9
    verified_for: int = 0


_NAMES = ("given_name", "middle_name", "family_name")
_PROVED = ("birthdate", "family_name", "given_name")  # what a proofing always looks at

# fmt: off
CATALOG: tuple[Claim, ...] = (
    #     name, sensitivity, rule, mode, standard, validator
    Claim("sub", "S0", "R0", "-", "oidc", "text"),
    Claim("updated_at", "S0", "R1", "once", "oidc", "number"),
    Claim("locale", "S0", "R0", "keep", "oidc", "language"),
    Claim("zoneinfo", "S0", "R1", "once", "oidc", "zone"),
    Claim("verified_at", "S1", "R1", "keep", "ext", "number", derived_from=_PROVED),
    Claim("given_name", "S1", "R1", "keep", "oidc", "name"),
    Claim("family_name", "S1", "R1", "keep", "oidc", "name"),
    Claim("middle_name", "S1", "R1", "keep", "oidc", "name"),
    Claim("name", "S1", "R1", "keep", "oidc", "name", derived_from=_NAMES),
    Claim("birth_family_name", "S2", "R2", "once", "ida", "name"),
    Claim("birth_given_name", "S2", "R2", "once", "ida", "name"),
    Claim("birth_middle_name", "S2", "R2", "once", "ida", "name"),
    Claim("also_known_as", "S2", "R2", "once", "ida", "name"),
    Claim("nickname", "S1", "R1", "keep", "oidc", "text80"),
    Claim("salutation", "S1", "R1", "keep", "ida", "text40"),
    Claim("title", "S1", "R1", "keep", "ida", "text60"),
    Claim("patronymic_name", "S2", "R2", "once", "ext", "name"),
    Claim("name_latin", "S1", "R1", "keep", "ext", "name_latin"),
    Claim("previous_names", "S2", "R2", "once", "ext", "previous_names"),
    Claim("birthdate", "S2", "R2", "once", "oidc", "birthdate"),
    Claim("place_of_birth", "S2", "R2", "once", "ida", "place"),
    Claim("date_of_death", "S3", "RX", "-", "ext", "date"),
    Claim("gender", "S2", "R2", "once", "oidc", "text40"),
    Claim("sex", "S3", "R3", "once", "ext", "sex"),
    Claim("nationalities", "S2", "R2", "keep", "ida", "nationalities"),
    Claim("marital_status", "S3", "R3", "once", "ext", "marital_status", verified_for=365),
    Claim("residence_status", "S3", "R3", "keep", "ext", "residence_status"),
    Claim("age_over_16", "S0", "R1", "once", "ext", "boolean", derived_from=("birthdate",)),
    Claim("age_over_18", "S0", "R1", "once", "ext", "boolean", derived_from=("birthdate",)),
    Claim("age_over_21", "S0", "R1", "once", "ext", "boolean", derived_from=("birthdate",)),
    Claim("age_over_65", "S0", "R1", "once", "ext", "boolean", derived_from=("birthdate",)),
    Claim("age_in_years", "S1", "R2", "once", "ext", "number", derived_from=("birthdate",)),
    Claim("birth_year", "S1", "R2", "once", "ext", "text", derived_from=("birthdate",)),
    Claim("is_resident_of", "S0", "R1", "keep", "ext", "boolean", derived_from=("address",)),
    Claim("is_citizen", "S0", "R1", "once", "ext", "boolean", derived_from=("nationalities",)),
    Claim("locality", "S1", "R1", "keep", "ext", "text", derived_from=("address",)),
    Claim("postal_code", "S1", "R2", "keep", "ext", "text", derived_from=("address",)),
    Claim("identity_verified", "S0", "R1", "keep", "ext", "boolean"),
    Claim("verification", "S1", "R2", "once", "proof", "text", derived_from=_PROVED),
    Claim("evidence", "S2", "R2", "once", "proof", "text", derived_from=_PROVED),
    Claim("email", "S2", "R2", "keep", "oidc", "email", verified_for=365),
    Claim("email_verified", "S0", "R2", "keep", "oidc", "boolean", verified_for=365),
    Claim("phone_number", "S2", "R2", "keep", "oidc", "phone", verified_for=365),
    Claim("phone_number_verified", "S0", "R2", "keep", "oidc", "boolean", ("phone_number",)),
    Claim("msisdn", "S2", "R2", "keep", "ida", "msisdn", derived_from=("phone_number",)),
    Claim("preferred_language", "S1", "R1", "keep", "ext", "languages"),
    Claim("contact_preference", "S1", "R1", "keep", "ext", "contact_preference"),
    Claim("accessibility_needs", "S3", "R3", "keep", "ext", "accessibility", special=True),
    Claim("address", "S2", "R2", "keep", "oidc", "address", verified_for=730),
    Claim("mailing_address", "S2", "R2", "keep", "ext", "address"),
    Claim("previous_addresses", "S2", "R3", "once", "ext", "addresses"),
    Claim("address_register_id", "S2", "R2", "keep", "ext", "register_id"),
    Claim("eidas_person_identifier", "S3", "RX", "-", "ext", "eidas"),
    Claim("national_identifiers", "S3", "RX", "once", "ext", "identifiers"),
    Claim("tax_identifier", "S3", "RX", "once", "ext", "identifiers"),
    Claim("documents", "S3", "R3", "once", "ext", "documents"),
    Claim("picture", "S3", "R3", "once", "oidc", "picture", special=True),
    Claim("representation", "S3", "R3", "keep", "ext", "representation"),
    Claim("children", "S3", "R3", "keep", "ext", "children"),
)
# fmt: on

BY_NAME: Mapping[str, Claim] = MappingProxyType({claim.name: claim for claim in CATALOG})

# Who writes a claim down, besides what is derived or computed: citizens on the pages of
# their details, registers at a proofing or in their feeds, and we ourselves.
TOLD = frozenset(
    {
        *_NAMES, "also_known_as", "nickname", "salutation", "title", "gender", "locale", "zoneinfo",
        "phone_number", "preferred_language", "contact_preference", "accessibility_needs",
        "address", "mailing_address", "children",
    }
)  # fmt: skip
REGISTERED = frozenset(
    {
        *_NAMES, "birth_family_name", "birth_given_name", "birth_middle_name", "patronymic_name",
        "name_latin", "previous_names", "birthdate", "place_of_birth", "date_of_death", "sex",
        "nationalities", "marital_status", "residence_status", "address", "previous_addresses",
        "address_register_id", "eidas_person_identifier", "national_identifiers",
        "tax_identifier", "documents", "picture", "representation", "children",
    }
)  # fmt: skip
OURS = frozenset({"sub", "email", "email_verified"})

# How a claim was checked, and what was looked at: never told alone, only with a claim that was.
PROOF = frozenset(claim.name for claim in CATALOG if claim.standard == "proof")
# What can go out with its proof: what registers say, and what follows from that alone.
VERIFIABLE = tuple(
    claim.name
    for claim in CATALOG
    if claim.name in REGISTERED
    or (claim.derived_from and REGISTERED.issuperset(claim.derived_from))
    if claim.name not in {*PROOF, "verified_at"}
)

# Answers instead of facts: a service that can do with one of these needs to see nothing else.
YES_OR_NO = frozenset(
    claim.name
    for claim in CATALOG
    if claim.derived_from and claim.validator == "boolean" and claim.standard == "ext"
)

# Asked for one area, which the registration names.
OF_AREA = frozenset({"is_resident_of"})

BY_LAW = frozenset(claim.name for claim in CATALOG if claim.rule == "RX")
EACH_TIME = frozenset(claim.name for claim in CATALOG if claim.rule in {"R3", "RX"})
SPECIAL = frozenset(claim.name for claim in CATALOG if claim.special)
HIGH_HARM = frozenset(claim.name for claim in CATALOG if claim.sensitivity == "S3")

SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "profile": (
            *("name", "given_name", "family_name", "middle_name", "nickname", "gender"),
            *("birthdate", "zoneinfo", "locale", "updated_at"),
        ),
        "profile:name": ("given_name", "family_name"),
        "profile:birthdate": ("birthdate",),
        "profile:verified_at": ("verified_at",),
        "email": ("email", "email_verified"),
        "phone": ("phone_number", "phone_number_verified"),
        "address": ("address",),
        "identity:minimum": (
            *("given_name", "family_name", "birthdate", "place_of_birth", "nationalities"),
        ),
    }
)
