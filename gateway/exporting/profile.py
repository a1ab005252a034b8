"""profile.json: the account, and every version of every detail with where it came from."""

from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import ANY, DAY, FLAG, MOMENT, NUMBER, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from idp import holdings, identifiers
from idp.holdings import Version

NAME = "profile"

_CLAIM = shapes.record(
    claim=TEXT,
    value=ANY,
    version=NUMBER,
    status=shapes.one_of(*("active", "coming", "superseded", "disputed", "withdrawn", "expired")),
    change=maybe(TEXT),
    source_type=TEXT,
    source=maybe(TEXT),
    verified=FLAG,
    verification=maybe(OBJECT),
    verified_at=maybe(MOMENT),
    verification_ends_at=maybe(MOMENT),
    valid_from=maybe(DAY),
    valid_until=maybe(DAY),
    recorded_at=MOMENT,
)
SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    account=shapes.record(
        reference=TEXT,
        opened_at=MOMENT,
        language=maybe(TEXT),
        assurance=NUMBER,
        leaving_at=maybe(MOMENT),
    ),
    addresses=many(shapes.record(email=TEXT, proved_at=MOMENT)),
    claims=many(_CLAIM),
    evidence=many(OBJECT),
    proofings=many(
        shapes.record(provider=TEXT, outcome=TEXT, reason=maybe(TEXT), assurance=NUMBER, at=MOMENT)
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down who the citizen is to us."""
    entry, account = whose.entry, whose.account
    told = {
        "format": shapes.called(NAME),
        "account": {
            "reference": account.id,
            "opened_at": account.created_at,
            "language": account.locale,
            "assurance": account.ial,
            "leaving_at": account.leaving_at,
        },
        "addresses": await _addresses(whose),
        "claims": [_claim(one) for one in await holdings.claims(entry, whose.key, account.id)],
        "evidence": await holdings.looked_at(entry, whose.key, account.id),
        "proofings": [
            {
                "provider": row["provider"],
                "outcome": row["outcome"],
                "reason": row["reason"],
                "assurance": row["ial"],
                "at": row["at"],
            }
            for row in await holdings.proofings(entry, account.id)
        ],
    }
    return {f"{NAME}.json": spell(told)}


async def _addresses(whose: Whose) -> list[dict[str, Any]]:
    emails = await identifiers.emails(whose.entry, whose.runtime.vault, whose.account.id)
    rows = await holdings.addresses_proved(whose.entry, whose.account.id)
    return [
        {"email": email, "proved_at": row["proved_at"]}
        for email, row in zip(emails, rows, strict=True)
    ]


def _claim(one: Version) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _CLAIM["properties"]}


PART = Part(
    NAME,
    N_("Your details: every version, where it came from and when"),
    ("accounts", "identifiers", "attributes", "evidence", "proofings", "erasures"),
    SCHEMA,
    gather,
)
