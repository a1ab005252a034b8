"""The addresses of the sign-in journey."""

from gateway.pages import consent, device, proofing
from gateway.pages.create import code, done, name
from gateway.pages.create import passkey as new_passkey
from gateway.pages.create import password as new_password
from gateway.pages.create import start as create
from gateway.pages.login import (
    cancel,
    ceremony,
    choose,
    confirm,
    help,  # noqa: A004
    keep,
    leaving,
    mailed,
    offer,
    passkey,
    password,
    recover,
    start,
)
from gateway.web.dispatch import Route

ROUTES: tuple[Route, ...] = (
    Route("/login", {"GET": start.show, "POST": start.submit}),
    Route("/login/password", {"GET": password.show, "POST": password.submit}),
    Route("/login/code", {"GET": mailed.show, "POST": mailed.submit}),
    Route("/login/code/again", {"POST": mailed.again}),
    Route("/login/passkey", {"POST": passkey.submit}),
    Route("/login/challenge", {"POST": ceremony.renew}, "protocol"),
    Route("/login/choose", {"GET": choose.show, "POST": choose.submit}),
    Route("/login/confirm", {"GET": confirm.show, "POST": confirm.submit}),
    Route("/login/offer", {"GET": offer.show, "POST": offer.submit}),
    Route("/login/cancel", {"POST": cancel.submit}),
    Route("/login/help", {"GET": help.show, "POST": help.submit}),
    Route("/login/help/{problem}", {"GET": help.advise}),
    Route("/login/recover", {"GET": recover.show, "POST": recover.submit}),
    Route("/login/recover/code", {"GET": recover.show_code, "POST": recover.submit_code}),
    Route("/login/recover/code/again", {"POST": recover.again}),
    Route("/login/recover/new", {"GET": recover.show_new, "POST": recover.submit_new}),
    Route("/login/recover/stop/{cancel}", {"GET": recover.show_stop, "POST": recover.stop}),
    Route("/login/keep", {"GET": keep.show, "POST": keep.submit}),
    Route("/login/leaving/{link}", {"GET": leaving.show, "POST": leaving.keep}),
    Route("/create", {"GET": create.show, "POST": create.submit}),
    Route("/create/code", {"GET": code.show, "POST": code.submit}),
    Route("/create/code/again", {"POST": code.again}),
    Route("/create/link/{link}", {"GET": code.open_link, "POST": code.follow_link}),
    Route("/create/confirmed", {"GET": code.confirmed}),
    Route("/create/name", {"GET": name.show, "POST": name.submit}),
    Route("/create/passkey", {"GET": new_passkey.show, "POST": new_passkey.submit}),
    Route("/create/password", {"GET": new_password.show, "POST": new_password.submit}),
    Route("/create/done", {"GET": done.show}),
    Route("/consent/{interaction}", {"GET": consent.show, "POST": consent.submit}),
    Route("/device", {"GET": device.show, "POST": device.submit}),
    Route("/device/{interaction}", {"GET": device.ask, "POST": device.answer}),
    Route("/device/{interaction}/done", {"GET": device.done}),
    Route("/account/verify", {"GET": proofing.show, "POST": proofing.submit}),
)
