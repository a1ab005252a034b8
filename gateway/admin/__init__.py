"""The administrators' pages: agencies, services, reviews, the journal."""

from gateway.admin import (
    arrival,
    audit,
    drafting,
    home,
    invitation,
    members,
    organisations,
    review,
    services,
)
from gateway.web.dispatch import Route

# A registration with every purpose and claim.
_BYTES, _FIELDS = 256 * 1024, 4000

ROUTES: tuple[Route, ...] = (
    Route("/admin", {"GET": home.show}),
    Route("/admin/login", {"GET": arrival.show, "POST": arrival.submit}),
    Route("/admin/logout", {"POST": arrival.leave}),
    Route("/admin/invite/{invitation}", {"GET": invitation.show, "POST": invitation.submit}),
    Route("/admin/services", {"GET": services.show_all}),
    Route(
        "/admin/new-service",
        {"GET": drafting.show_new, "POST": drafting.create},
        limit=_BYTES,
        fields=_FIELDS,
    ),
    Route("/admin/services/{client}", {"GET": services.show}),
    Route(
        "/admin/services/{client}/edit",
        {"GET": drafting.show, "POST": drafting.change},
        limit=_BYTES,
        fields=_FIELDS,
    ),
    Route("/admin/services/{client}/suspend", {"POST": services.suspend}),
    Route("/admin/services/{client}/resume", {"POST": services.resume}),
    Route("/admin/services/{client}/secret", {"POST": services.secret}),
    Route("/admin/services/{client}/events", {"POST": services.send_again}),
    Route("/admin/services/{client}/versions/{version}", {"GET": review.show}),
    Route("/admin/services/{client}/versions/{version}/submit", {"POST": review.submit}),
    Route("/admin/services/{client}/versions/{version}/decision", {"POST": review.decide}),
    Route("/admin/agencies", {"GET": organisations.show_all}),
    Route("/admin/new-agency", {"GET": organisations.show_new, "POST": organisations.create}),
    Route("/admin/agencies/{agency}", {"GET": organisations.show, "POST": organisations.change}),
    Route("/admin/agencies/{agency}/members", {"POST": members.invite}),
    Route("/admin/agencies/{agency}/members/remove", {"POST": members.remove}),
    Route("/admin/audit", {"GET": audit.show}),
)
