"""Sign citizens in with Gatehouse, in a Starlette application.

    service = Service(Settings.from_environment())
    app = service.application([Route("/", home)], "Parking Permits")

    async def home(request):
        person = await service.person(request)      # None until they sign in

The SDK does what every relying party must and nobody should write twice: PKCE,
state, nonce, a pushed request where there is a private key, the checks of the ID
token, a session that outlives the code, reading again with the refresh token, and
sign-out. What the citizen shared is in ``person.details``; what they did not is
simply not there.

With ``service.hear(decide, pushed=True)`` the service hears when a detail changes, reads it
again, and says what it did about it. With ``service.requests.put(number, sub, "received", …)``
the citizen sees at the gateway where a request stands, and with
``await service.corrections.propose(sub, …)`` they are asked about a detail that the service
knows otherwise. With ``service.ask(act)`` and ``await service.asking.ask(sub, email, …)`` they say
yes or no before the service does something for them, wherever they are.
"""

from relying_parties.samples.sdk.asking import Decided
from relying_parties.samples.sdk.events import Answer
from relying_parties.samples.sdk.service import Service
from relying_parties.samples.sdk.settings import Settings
from relying_parties.samples.sdk.store import Person

__all__ = ["Answer", "Decided", "Person", "Service", "Settings"]
