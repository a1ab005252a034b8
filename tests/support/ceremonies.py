"""Passkeys over HTTP: what a page asks a device for, and the answer in its form."""

import json
import re
from html import unescape
from typing import Any

import httpx2

from tests.support.authenticator import Device
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

DATA = re.compile(r'id="passkey-data"[^>]*>(.*?)</script>', re.DOTALL)


def a_device(gateway: Gateway, **habits: Any) -> Device:
    """A device in front of the gateway."""
    return Device(**({"origin": gateway.issuer, "rp_id": "127.0.0.1"} | habits))


def options(page: httpx2.Response, kind: str) -> dict[str, Any]:
    """Return what the page asks the device for."""
    found = DATA.search(page.text)
    assert found, f"{page.status_code} {page.text[:1500]}"
    told: dict[str, Any] = json.loads(unescape(found[1]))[kind]
    return told


def filled(page: httpx2.Response, browser: Browser, answer: Any) -> tuple[str, dict[str, str]]:
    """Return where the page's form goes, and the form with the device's answer."""
    path, form = browser.form(page, "passkey-button")
    return path, form | {"passkey": json.dumps(answer), "passkey_error": ""}


async def send(browser: Browser, page: httpx2.Response, answer: Any) -> httpx2.Response:
    """Send a device's answer from the page that asked for it."""
    return await browser.send("POST", *filled(page, browser, answer))


async def added(gateway: Gateway, someone: Citizen, **habits: Any) -> Device:
    """Let somebody add a passkey in their account."""
    browser, device = Browser(gateway, someone.cookie), a_device(gateway, **habits)
    page = await browser.follow("/account/security/passkeys")
    answer = await send(browser, page, device.create(options(page, "create")))
    assert answer.headers.get("location") == "/account/security?done=added", answer.text[:2000]
    return device
