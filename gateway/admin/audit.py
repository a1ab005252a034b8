"""The journal: who did what to whom, and when."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import claim_labels
from gateway.admin import office
from gateway.admin.office import AUDITS, NotFound, Officer
from gateway.web.call import Call
from keys import journal

PAGE = 50
LONGEST = 200  # characters of a search word


@office.at_work
async def show(call: Call, officer: Officer) -> Response:
    """Search, the newest first."""
    if not officer.may(AUDITS):
        raise NotFound
    asked = {name: call.query.text(name).strip()[:LONGEST] for name in ("kind", "actor", "object")}
    since, wrong = _since(call)
    found = await journal.search(
        call.entry,
        actor=asked["actor"] or None,
        object=asked["object"] or None,
        kind=asked["kind"] or None,
        since=since,
        before=_before(call),
        limit=PAGE + 1,
    )
    older = ""
    if len(found) > PAGE:
        kept = {**asked, "since": call.query.text("since"), "before": str(found[PAGE - 1].seq)}
        older = "/admin/audit?" + urlencode({name: text for name, text in kept.items() if text})
    return office.page(
        call,
        officer,
        "audit",
        "audit",
        status=422 if wrong else 200,
        v={**asked, "since": call.query.text("since")},
        rows=[
            {
                "seq": one.seq,
                "when": claim_labels.clock(one.at, call.locale),
                "kind": one.kind,
                "actor": one.actor or "",
                "object": one.object or "",
                "fields": ", ".join(f"{name}: {value}" for name, value in one.fields.items()),
            }
            for one in found[:PAGE]
        ],
        older=older,
        errors=wrong,
    )


def _since(call: Call) -> tuple[datetime | None, dict[str, str]]:
    typed = call.query.text("since").strip()
    if not typed:
        return None, {}
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC), {}
    except ValueError:
        return None, {"since": call.gettext("Enter a day, such as 2026-11-24")}


def _before(call: Call) -> int:
    typed = call.query.text("before")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 2**62
