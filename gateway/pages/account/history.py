"""What happened between a citizen and a service: what was decided, and what was read."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from gateway import claim_labels
from gateway.sharing_words import KINDS
from gateway.web.call import Call
from relying_parties import claims_policy
from relying_parties.clients import Client
from relying_parties.consent_records import Change
from relying_parties.releases import Release


def told(
    call: Call, client: Client, made: list[Change], released: list[Release]
) -> list[dict[str, Any]]:
    """Return both, the latest first."""
    _ = call.gettext
    items: list[dict[str, Any]] = [
        {
            "moment": one.at,
            "title": _(KINDS[one.kind]),
            "text": named(call, _decided(one, before)),
            "href": f"/account/sharing/{client.client_id}/receipt/{one.version}"
            if one.receipt
            else "",
        }
        for one, before in zip_longest(made, made[1:])
    ] + [
        {
            "moment": one.at,
            "title": _("The service read your details"),
            # A flag says nothing beyond the detail that it follows.
            "text": named(call, [name for name in one.claims if name not in claims_policy.FOLLOWS]),
            "href": "",
        }
        for one in released
    ]
    items.sort(key=lambda item: item["moment"], reverse=True)
    for item in items:
        item["when"] = claim_labels.day(item["moment"], call.locale)
        item["clock"] = claim_labels.clock(item["moment"], call.locale)
    return items


def named(call: Call, claims: Iterable[str]) -> str:
    """Name details as a list."""
    labels = (claim_labels.label(name, call.gettext) for name in claims)
    return claim_labels.listed(labels, call.locale)


def _decided(change: Change, before: Change | None) -> list[str]:
    """Name the details that a change was about: what it added or took, else all it covers."""
    now, then = change.claims, before.claims if before else ()
    added = [name for name in now if name not in then]
    taken = [name for name in then if name not in now]
    about = {"widened": added, "narrowed": taken, "withdrawn": taken, "replaced": taken}
    return about.get(change.kind) or list(now)
