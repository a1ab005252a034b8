"""What anybody can read: what a service asks before signing in, and short honest answers."""

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import front, logos, stale
from gateway.pages import public_register as registered
from gateway.pages.sharing import words
from gateway.pages.texts import TEXTS
from gateway.web import render
from gateway.web.call import Call
from gateway.web.dispatch import Route
from relying_parties import public_register
from relying_parties.clients import Client

FRESH = timedelta(days=180)  # RFC 9116 §2.5.5 advises less than a year


@stale.page
async def service(call: Call) -> Response:
    """Say what a service does and asks, before anybody signs in."""
    client = await call.runtime.client(call.path_text("client"))
    if client is None or client.status != "live":
        raise stale.DeadEnd(stale.NO_SUCH_SERVICE)
    await call.session()
    _, registration = call.gettext, client.registration
    rows = [
        {
            "label": claim_labels.label(asked.claim, _),
            "why": words(asked.why, call.locale),
            "optional": asked.need == "optional",
            "law": words(asked.law or {}, call.locale) if asked.basis == "law" else "",
        }
        for asked in registration.asked.values()
    ]
    return render.page(
        call,
        "portal/service.html",
        to=front.card(call, client),
        rows=rows,
        other=words(registration.other_ways, call.locale),
        contact=registration.contact or "",
        privacy=registration.privacy or "",
        keep=max((each.keep_days for each in registration.purposes), default=0),
        events=front.links(call, registration.life_events),
        decisions=await _decisions(call, client),
    )


async def text(call: Call) -> Response:
    """Show one of the short texts."""
    await call.session()
    title, parts = TEXTS[call.path.strip("/")]
    _ = call.gettext
    shown = [(_(heading), _(sentence)) for heading, sentence in parts]
    contact = call.runtime.settings.contact if call.path == "/help" else ""
    return render.page(call, "portal/text.html", title=_(title), parts=shown, contact=contact)


async def signed_out(call: Call) -> Response:
    """Tell a citizen who signed out of their account that they did."""
    return render.page(call, "logout/done.html")


async def passkey_endpoints(call: Call) -> Response:
    """Tell password managers where passkeys are made and managed (W3C passkey endpoints)."""
    issuer = call.runtime.settings.issuer
    body = f'{{"enroll":"{issuer}/account/security/passkeys","manage":"{issuer}/account/security"}}'
    return Response(body, headers={"content-type": "application/json"})


async def security_txt(call: Call) -> Response:
    """Tell finders of faults whom to tell (RFC 9116)."""
    settings = call.runtime.settings
    issuer, contact = settings.issuer, settings.contact
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    expires = (call.entry.at + FRESH).strftime("%Y-%m-%dT00:00:00Z")
    body = (
        f"Contact: {contact or f'{issuer}/help'}\nExpires: {expires}\n"
        f"Preferred-Languages: en, fr, ar\nCanonical: {issuer}/.well-known/security.txt\n"
    )
    return Response(body, headers={"content-type": "text/plain; charset=utf-8"})


async def robots(_call: Call) -> Response:
    """Let search engines see the front, not anybody's pages."""
    open_to_all = "".join(f"Allow: /{name}\n" for name in TEXTS)
    body = f"User-agent: *\nAllow: /$\nAllow: /services\nAllow: /life/\n{open_to_all}Disallow: /\n"
    return Response(body, headers={"content-type": "text/plain; charset=utf-8"})


async def _decisions(call: Call, client: Client) -> list[dict[str, Any]]:
    decisions = await public_register.history(call.entry, client.client_id)
    return [
        {
            "when": claim_labels.day(one.at, call.locale),
            "who": registered.decided(call, one),
            "changed": registered.changed(call, one, registered.earlier(decisions, one)),
        }
        for one in decisions
    ]


ROUTES: tuple[Route, ...] = (
    Route("/", {"GET": front.home}),
    Route("/life/{event}", {"GET": front.life_event}),
    Route("/services/{client}", {"GET": service}),
    Route("/logos/{client}/{digest}", {"GET": logos.show}),
    *(Route(f"/{name}", {"GET": text}) for name in TEXTS),
    Route("/logout/done", {"GET": signed_out}),
    Route("/.well-known/passkey-endpoints", {"GET": passkey_endpoints}, "open"),
    Route("/.well-known/security.txt", {"GET": security_txt}, "open"),
    Route("/robots.txt", {"GET": robots}, "open"),
)
