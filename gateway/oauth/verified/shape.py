"""The shape of ``verification``: what of it can be asked for, and so can be told. Data.

``LEAF`` is a single value, a mapping is an object and a list is an array whose members each
have that shape. What is not in here is unknown: nobody gets it, and asking is no error.

Specs: OpenID Identity Assurance Schema Definition 1.0 §5.4.
"""

from collections.abc import Mapping
from typing import Any

LEAF = None

_PLACE = dict.fromkeys(
    (
        *("name", "country_code", "jurisdiction", "formatted", "street_address", "locality"),
        *("region", "postal_code", "country"),
    ),
    LEAF,
)
_CHECKS = [dict.fromkeys(("check_method", "organization", "check_id", "time"), LEAF)]

# By the type of the evidence; what has no row here is evidence that we never hold.
EVIDENCE: Mapping[str, Mapping[str, Any]] = {
    "document": {
        "type": LEAF,
        "check_details": _CHECKS,
        "document_details": {
            "type": LEAF,
            "document_number": LEAF,
            "serial_number": LEAF,
            "date_of_issuance": LEAF,
            "date_of_expiry": LEAF,
            "issuer": _PLACE,
        },
    },
    "electronic_record": {
        "type": LEAF,
        "check_details": _CHECKS,
        "record": {"type": LEAF, "created_at": LEAF, "date_of_expiry": LEAF, "source": _PLACE},
    },
}

VERIFICATION: Mapping[str, Any] = {
    "trust_framework": LEAF,
    "assurance_level": LEAF,
    "assurance_process": {"policy": LEAF, "procedure": LEAF},
    "time": LEAF,
    "verification_process": LEAF,
}

# Known and read by itself, or by §5.4 no filter at all.
ELSEWHERE = frozenset({"evidence", "assurance_details"})

# Stands in a wish for members that are unknown here and came with a condition.
STRANGE = "?"

# Without these their object is not valid, so they stand in it whoever asks for the rest.
ALWAYS = frozenset({"type", "check_method"})

# Brackets open at once in the ``claims`` parameter: of the place, the element, the evidence, a
# check, a member of it and its ``values``. In a request object there is one more around it.
DEPTH = 11

# Members that name a document, and so its holder: a detail of the citizen in their own right.
NUMBERS = frozenset({"document_number", "serial_number"})
