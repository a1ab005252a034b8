"""What a person is told who can be sent nowhere: of which service, why, and the way back.

Nobody is redirected and no cookie is set. The way back is an address of the service's
registration, behind a button; nothing of the request decides it.
"""

from starlette.responses import Response

from gateway.oauth.refusals import PageRefused
from gateway.web import ends
from gateway.web.call import Call
from gateway.web.ends import Back
from relying_parties.clients import Client


def page(call: Call, refusal: PageRefused) -> Response:
    """Tell the person, and in a fold the developer."""
    told = {"error": refusal.error, "because": refusal.description}
    return ends.show(call, refusal.end, _back(call, refusal.client), developer=told)


def _back(call: Call, client: Client | None) -> Back | None:
    if client is None:
        return None
    names = client.registration.name
    lang = call.locale if call.locale in names else next(iter(names))
    return Back(names[lang], "" if lang == call.locale else lang, client.registration.start or "")
