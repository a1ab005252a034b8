"""The addresses of the sign-in journey."""

from gateway.pages import consent, proofing
from gateway.pages.create import code, done, name
from gateway.pages.create import passkey as new_passkey
from gateway.pages.create import password as new_password
from gateway.pages.create import start as create
from gateway.pages.login import cancel, confirm, help, offer, passkey, password, start  # noqa: A004
from gateway.web.call import Route

ROUTES: tuple[Route, ...] = (
    Route("/login", {"GET": start.show, "POST": start.submit}, "login"),
    Route("/login/password", {"GET": password.show, "POST": password.submit}, "login-password"),
    Route("/login/passkey", {"POST": passkey.submit}, "login-passkey"),
    Route("/login/confirm", {"GET": confirm.show, "POST": confirm.submit}, "login-confirm"),
    Route("/login/offer", {"GET": offer.show, "POST": offer.submit}, "login-offer"),
    Route("/login/cancel", {"POST": cancel.submit}, "login-cancel"),
    Route("/login/help", {"GET": help.show, "POST": help.submit}, "login-help"),
    Route("/login/help/{problem}", {"GET": help.advise}, "login-advice"),
    Route("/create", {"GET": create.show, "POST": create.submit}, "create"),
    Route("/create/code", {"GET": code.show, "POST": code.submit}, "create-code"),
    Route("/create/code/again", {"POST": code.again}, "create-again"),
    Route("/create/link/{link}", {"GET": code.open_link, "POST": code.follow_link}, "create-link"),
    Route("/create/confirmed", {"GET": code.confirmed}, "create-confirmed"),
    Route("/create/name", {"GET": name.show, "POST": name.submit}, "create-name"),
    Route("/create/passkey", {"GET": new_passkey.show, "POST": new_passkey.submit}, "create-pass"),
    Route(
        "/create/password", {"GET": new_password.show, "POST": new_password.submit}, "create-word"
    ),
    Route("/create/done", {"GET": done.show}, "create-done"),
    Route("/consent/{interaction}", {"GET": consent.show, "POST": consent.submit}, "consent"),
    Route("/account/verify", {"GET": proofing.show, "POST": proofing.submit}, "verify"),
)
