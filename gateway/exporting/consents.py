"""consents.json: what the citizen agreed to, service by service, and each change of it."""

from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import FLAG, MOMENT, NUMBER, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import approvals, consents, receipts
from relying_parties.consents import Change, Consent

NAME = "consents"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    consents=many(
        shapes.record(
            id=TEXT,
            service=TEXT,
            name=TEXT,
            agency=TEXT,
            state=shapes.one_of("active", "withdrawn", "expired"),
            claims=many(TEXT),
            asked=many(TEXT),
            details=OBJECT,
            in_your_absence=FLAG,
            once=FLAG,
            given_at=MOMENT,
            changed_at=MOMENT,
            expires_at=MOMENT,
            version=NUMBER,
            changes=many(
                shapes.record(
                    version=NUMBER, kind=TEXT, claims=many(TEXT), at=MOMENT, receipt=maybe(TEXT)
                )
            ),
            approvals=many(shapes.record(detail=OBJECT, given_at=MOMENT, expires_at=maybe(MOMENT))),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down each agreement, ended ones too."""
    changes = await consents.changes(whose.entry, whose.subjects)
    told = {
        "format": shapes.called(NAME),
        "consents": [
            await _consent(whose, one, [each for each in changes if each.consent_id == one.id])
            for one in await consents.of_subjects(whose.entry, whose.subjects)
        ],
    }
    return {f"{NAME}.json": spell(told)}


def receipt_name(change: Change) -> str:
    """Return what the receipt of a change is called, without its ending."""
    return f"receipts/{change.consent_id}.{change.version}"


async def _consent(whose: Whose, one: Consent, changes: list[Change]) -> dict[str, Any]:
    client = await whose.runtime.client(one.client_id)
    held = await approvals.all_of(whose.entry, one.id)
    return {
        "id": one.id,
        "service": one.client_id,
        "name": receipts.words(client.registration.name, whose.locale) if client else "",
        "agency": receipts.words(client.agency.name, whose.locale) if client else "",
        "state": one.state,
        "claims": list(one.claims),
        "asked": list(one.asked),
        "details": dict(one.details),
        "in_your_absence": one.offline,
        "once": one.once,
        "given_at": one.given_at,
        "changed_at": one.changed_at,
        "expires_at": one.expires_at,
        "version": one.version,
        "changes": [
            {
                "version": each.version,
                "kind": each.kind,
                "claims": list(each.claims),
                "at": each.at,
                "receipt": f"{receipt_name(each)}.json" if each.receipt else None,
            }
            for each in changes
        ],
        "approvals": [
            {"detail": each.detail, "given_at": each.given_at, "expires_at": each.expires_at}
            for each in held
        ],
    }


PART = Part(
    NAME,
    N_("What you agreed to, service by service, and each change"),
    ("consents", "consent_changes", "approvals"),
    SCHEMA,
    gather,
)
