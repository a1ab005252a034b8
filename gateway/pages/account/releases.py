"""When details were read, and by whom: every line of the citizen's ledger, its proof, a file.

    every line ──service, detail, days──▶ a page of them ──▶ one line and its proof
                                   └──▶ a file with the proof of each

Lines are opened here, with the citizen's own key, for as long as the answer takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import claim_labels
from gateway import ledger_proofs as proofs
from gateway.ledger_proofs import Proven
from gateway.ledger_words import Speller, in_words
from gateway.pages import stale
from gateway.pages.account import citizen
from gateway.web.call import Call
from idp.sessions import Session
from keys import checkpoints, merkle
from keys.opaque import unpadded
from relying_parties import consents
from relying_parties.consents import Consent
from relying_parties.releases import Lines, Release

PAGE = 25


@dataclass(frozen=True, slots=True)
class Wish:
    """Which lines somebody wants to see; an empty part wants all."""

    service: str
    detail: str
    since: date | None
    until: date | None

    def fits(self, one: Release) -> bool:
        """Whether a line is among them."""
        day = one.at.date()
        return (
            self.service in ("", one.client_id)
            and (not self.detail or self.detail in one.claims)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )

    def query(self, **more: object) -> str:
        """Spell it as the query of an address, with a question mark if there is anything."""
        parts = {
            "service": self.service,
            "detail": self.detail,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            **more,
        }
        kept = {name: part for name, part in parts.items() if part}
        return f"?{urlencode(kept)}" if kept else ""


@citizen.signed_in("ledger")
async def show(call: Call, session: Session) -> Response:
    """Show the lines that fit, a page at a time, or all of them to print."""
    lines, agreed = await _read(call, session)
    wish, speller = _wish(call), Speller(call, agreed)
    fitting = [one for one in lines.whole if wish.fits(one)]
    every = call.query.text("all") == "1"
    count = 1 if every else max(1, -(-len(fitting) // PAGE))
    number = min(_number(call.query.text("page")) or 1, count)
    shown = fitting if every else fitting[(number - 1) * PAGE : number * PAGE]
    proven = await proofs.prove(call.entry, shown)
    return citizen.page(
        call,
        "account/ledger.html",
        "ledger",
        items=[{**await speller.spell(one), "state": proven.state(one)} for one in shown],
        damaged=len(lines.damaged),
        empty=not (lines.whole or lines.damaged),
        fitting=len(fitting),
        every=every,
        v=wish,
        services=await _services(speller, lines.whole),
        details=_details(call, lines.whole),
        query=wish.query(),
        print_query=wish.query(all="1"),
        pages={"now": number, "count": count, "address": lambda n: wish.query(page=n) or "?"},
    )


@stale.page
@citizen.signed_in("ledger")
async def show_line(call: Call, session: Session) -> Response:
    """Show one line, and its proof."""
    lines, agreed = await _read(call, session)
    one = _named(call, lines)
    proven = await proofs.prove(call.entry, [one])
    told = await Speller(call, agreed).spell(one)
    return citizen.page(
        call,
        "account/ledger_line.html",
        "ledger",
        it={**told, "state": proven.state(one)},
        line=one.line,
        proof=_shown(call, one, proven),
    )


@stale.page
@citizen.signed_in("ledger")
async def download(call: Call, session: Session) -> Response:
    """Hand out lines with their proofs, to keep and to check elsewhere."""
    lines, agreed = await _read(call, session)
    wish, speller = _wish(call), Speller(call, agreed)
    chosen = [one for one in lines.whole if wish.fits(one)]
    if call.query.text("line"):
        chosen = [_named(call, lines)]
    proven = await proofs.prove(call.entry, chosen)
    told = {one.id: in_words(await speller.spell(one)) for one in chosen}
    made = proofs.document(proven, chosen, told, await checkpoints.keys(call.entry))
    body = json.dumps(made, ensure_ascii=False, indent=1)
    headers = {
        "content-type": "application/json",
        "content-disposition": 'attachment; filename="ledger.json"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(body, headers=headers)


async def _read(call: Call, session: Session) -> tuple[Lines, list[Consent]]:
    theirs = await citizen.subjects(call, session)
    return await citizen.lines(call, session, theirs), await consents.of_subjects(
        call.entry, theirs
    )


def _named(call: Call, lines: Lines) -> Release:
    """Find the line of the address.

    :raises stale.DeadEnd: the citizen has none of this number
    """
    wanted = call.path_text("line") or call.query.text("line")
    for one in lines.whole:
        if str(one.id) == wanted:
            return one
    raise stale.DeadEnd(stale.NO_LINE)


def _wish(call: Call) -> Wish:
    given = call.query
    return Wish(
        given.text("service")[:100],
        given.text("detail")[:100],
        _day(given.text("since")),
        _day(given.text("until")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # nobody typed it: the field offers days alone
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


async def _services(speller: Speller, lines: Sequence[Release]) -> list[tuple[str, str]]:
    newest = {one.client_id: one for one in reversed(lines)}
    named = [(name, (await speller.spell(one))["service"]) for name, one in newest.items()]
    return sorted(named, key=lambda pair: pair[1].casefold())


def _details(call: Call, lines: Sequence[Release]) -> list[tuple[str, str]]:
    names = {name for one in lines for name in one.claims}
    labels = [(name, claim_labels.label(name, call.gettext)) for name in names]
    return sorted(labels, key=lambda pair: pair[1].casefold())


def _shown(call: Call, one: Release, proven: Proven) -> Mapping[str, Any] | None:
    found, latest = proven.proofs.get(one.id), proven.checkpoint
    if found is None or latest is None:
        return None
    return {
        "place": found.place + 1,
        "size": latest.head.size,
        "signed": claim_labels.clock(latest.at, call.locale),
        "root": unpadded(latest.head.root),
        "leaf": unpadded(merkle.leaf_hash(one.entry)),
        "salt": unpadded(one.salt),
        "stored": unpadded(one.entry[merkle.SIZE :]),
        "path": [unpadded(each) for each in found.path],
    }
