"""Choices: the words among which a claim chooses."""

from collections.abc import Mapping
from typing import Any

from idp.errors import ValueRefused
from idp.values import texts

ENUMS: Mapping[str, frozenset[str]] = {
    "marital_status": frozenset(
        {"single", "married", "registered_partnership", "divorced", "widowed", "undisclosed"}
    ),
    "contact_preference": frozenset({"digital_mailbox", "email", "sms", "phone", "post"}),
    "residence": frozenset({"citizen", "permanent", "temporary", "protected", "other"}),
    "document": frozenset({"idcard", "passport", "driving_permit", "residence_permit"}),
    "role": frozenset({"parent", "guardian", "carer", "attorney", "company_representative"}),
    "abode": frozenset({"no_fixed_abode"}),
}
NEEDS = frozenset(
    {
        "large_print", "screen_reader", "easy_read", "sign_language", "braille", "bsl_video",
        "in_person", "other",
    }
)  # fmt: skip


def one_of(name: str, value: Any) -> str:
    """Keep one of the words of ``name``."""
    if not isinstance(value, str):
        raise ValueRefused("type")
    if value not in ENUMS[name]:
        raise ValueRefused("choice")
    return value


def need(value: Any) -> str:
    """Keep what somebody needs to be served: a word, or an interpreter of a language."""
    kept = texts.text(value, 60)
    kind, colon, tag = kept.partition(":")
    if colon and kind == "interpreter":
        return f"interpreter:{texts.language(tag)}"
    if kept not in NEEDS:
        raise ValueRefused("choice")
    return kept
