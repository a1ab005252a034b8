"""standing.json: what the citizen agreed to beforehand, and each request that it answered."""

from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import MOMENT, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import standing_rules
from relying_parties.standing_rules import Rule, Use

NAME = "standing"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    rules=many(
        shapes.record(
            service=TEXT,
            detail=OBJECT,
            scope=TEXT,
            given_at=MOMENT,
            ends_at=MOMENT,
            ended_at=maybe(MOMENT),
            ended_by=maybe(TEXT),
            uses=many(shapes.record(detail=OBJECT, used_at=MOMENT)),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down each rule, ended ones too, with what came of it."""
    uses = await standing_rules.uses(whose.entry, whose.subjects)
    told = {
        "format": shapes.called(NAME),
        "rules": [
            _rule(one, [each for each in uses if each.rule_id == one.id])
            for one in await standing_rules.of(whose.entry, whose.subjects)
        ],
    }
    return {f"{NAME}.json": spell(told)}


def _rule(one: Rule, uses: list[Use]) -> dict[str, Any]:
    return {
        "service": one.client_id,
        "detail": one.detail,
        "scope": one.scope,
        "given_at": one.given_at,
        "ends_at": one.ends_at,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "uses": [{"detail": each.detail, "used_at": each.used_at} for each in uses],
    }


PART = Part(
    NAME,
    N_("What you agreed to beforehand, and what came of it"),
    ("standing_rules", "standing_uses"),
    SCHEMA,
    gather,
)
