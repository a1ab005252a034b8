"""The citizen's own pages: what is known, who has it, how they sign in."""

from gateway.pages.account import (
    activity,
    citizen,
    corrections,
    data,
    details,
    export,
    inbox,
    leaving,
    overview,
    releases,
    requests,
    security,
    sessions,
    sharing,
    telling,
    told,
    whom,
)
from gateway.web.dispatch import Route

ROUTES: tuple[Route, ...] = (
    Route("/account", {"GET": overview.show}),
    Route("/account/details", {"GET": details.show}),
    Route(
        "/account/details/{claim}",
        {"GET": telling.show, "POST": telling.save},
        fields=whom.MOST,
    ),
    Route("/account/details/{claim}/drop", {"POST": telling.drop}),
    Route(
        "/account/details/{claim}/dispute", {"GET": details.ask_dispute, "POST": details.dispute}
    ),
    Route("/account/sharing", {"GET": sharing.show}),
    Route("/account/sharing/{client}", {"GET": sharing.show_service}),
    Route("/account/sharing/{client}/claims", {"POST": sharing.change}),
    Route("/account/sharing/{client}/stop", {"GET": sharing.ask_stop, "POST": sharing.stop}),
    Route("/account/sharing/{client}/undo", {"POST": sharing.undo}),
    Route("/account/sharing/{client}/longer", {"POST": sharing.longer}),
    Route("/account/sharing/{client}/receipt/{version}", {"GET": sharing.receipt}),
    Route("/account/changes", {"GET": told.show}),
    Route("/account/requests", {"GET": requests.show}),
    Route("/account/requests/{request}", {"GET": requests.look}),
    Route("/account/corrections", {"GET": corrections.show}),
    Route(
        "/account/corrections/{correction}", {"GET": corrections.look, "POST": corrections.answer}
    ),
    Route("/account/inbox", {"GET": inbox.show}),
    Route("/account/inbox/{request}", {"GET": inbox.look, "POST": inbox.answer}),
    Route("/account/security", {"GET": security.show}),
    Route("/account/security/passkeys", {"GET": security.show_add, "POST": security.add}),
    Route(
        "/account/security/passkeys/{passkey}",
        {"GET": security.show_one, "POST": security.rename},
    ),
    Route("/account/security/passkeys/{passkey}/remove", {"POST": security.remove}),
    Route("/account/security/password", {"GET": security.show_password, "POST": security.password}),
    Route("/account/security/recovery/stop", {"POST": security.stop_recovery}),
    Route("/account/sessions", {"GET": sessions.show}),
    Route("/account/sessions/{session}/end", {"POST": sessions.end}),
    Route("/account/sessions/end-all", {"POST": sessions.end_all}),
    Route("/account/stay", {"GET": citizen.stay}, "protocol"),
    Route("/account/activity", {"GET": activity.show}),
    Route("/account/ledger", {"GET": releases.show}),
    Route("/account/ledger/download", {"GET": releases.download}),
    Route("/account/ledger/{line}", {"GET": releases.show_line}),
    Route("/account/data", {"GET": data.show}),
    Route("/account/data/export", {"GET": export.show, "POST": export.ask}),
    Route("/account/data/export/{export}", {"POST": export.fetch}),
    Route("/account/data/delete", {"GET": leaving.show, "POST": leaving.ask}),
    Route("/account/data/keep", {"POST": leaving.keep}),
)
