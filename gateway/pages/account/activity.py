"""What happened: sign-ins, changes and decisions, newest first."""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen
from gateway.web.call import Call
from gateway.web.locale import N_
from idp.sessions import Session
from keys import journal

KINDS = {
    "AccountOpened": N_("You created your account"),
    "SignedIn": N_("You signed in"),
    "SignInFailed": N_("Someone tried a wrong password"),
    "SignedOut": N_("You signed out"),
    "SteppedUp": N_("You confirmed that it is you"),
    "SessionRotated": N_("You confirmed that it is you"),
    "SessionsEnded": N_("You signed out everywhere"),
    "PasskeyAdded": N_("A passkey was added"),
    "PasskeyRemoved": N_("A passkey was removed"),
    "PasskeyRenamed": N_("A passkey was renamed"),
    "PasskeyFailed": N_("Someone tried a passkey, and we refused it"),
    "PasskeySuspected": N_("A passkey behaved oddly, as if it had been copied"),
    "PasswordSet": N_("Your password was set"),
    "EmailAdded": N_("An email address was added"),
    "IdentityVerified": N_("You proved who you are"),
    "AttributeRecorded": N_("A detail was changed"),
    "AttributesChanged": N_("A detail was changed"),
    "ChannelsChosen": N_("You chose how we tell you of something"),
    "AttributeDisputed": N_("You said that a detail is wrong"),
    "ComingDropped": N_("You changed your mind about a detail to come"),
    "DisputeDropped": N_("You said that a detail is right after all"),
    "RecoveryStarted": N_("Someone asked to get back into your account"),
    "RecoveryCancelled": N_("You stopped a recovery"),
    "RecoveryCompleted": N_("Your account was recovered"),
    "AccountLocked": N_("Your account was locked"),
    "AccountUnlocked": N_("Your account was unlocked"),
    "ErasureAsked": N_("You asked us to delete your account"),
    "ErasureStopped": N_("You decided to keep your account"),
}
PAGE = 25


@citizen.signed_in("activity")
async def show(call: Call, session: Session) -> Response:
    """Show a page of events; services' reads stand with each service."""
    start = call.query.text("before")
    before = int(start) if start.isdecimal() and len(start) < 18 else 2**62
    whom = f"account:{session.account.id}"
    found = await journal.about(call.entry, whom, before=before, limit=PAGE + 1)
    items = _gathered([_item(call, one) for one in found[:PAGE] if one.kind in KINDS])
    for item in items:
        item["labels"] = claim_labels.listed(item["labels"], call.locale)
    older = found[PAGE - 1].seq if len(found) > PAGE else None
    return citizen.page(call, "account/activity.html", "activity", items=items, older=older)


def _item(call: Call, one: journal.Journalled) -> dict[str, Any]:
    claims = [name for name in one.fields.get("claims") or () if name in claim_labels.LABELS]
    return {
        "title": call.gettext(KINDS[one.kind]),
        "clock": claim_labels.clock(one.at, call.locale),
        "moment": one.at,
        "device": str(one.fields.get("device") or ""),
        "labels": [claim_labels.label(name, call.gettext) for name in claims],
    }


def _gathered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tell changes of several details in one minute as one."""
    gathered: list[dict[str, Any]] = []
    for item in items:
        last = gathered[-1] if gathered else None
        if last and item["labels"] and all(last[it] == item[it] for it in ("title", "clock")):
            last["labels"] += [it for it in item["labels"] if it not in last["labels"]]
        else:
            gathered.append(item)
    return gathered
