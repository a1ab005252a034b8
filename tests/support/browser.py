"""A browser without a screen: keeps cookies, follows links of ours, sends forms of ours."""

from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx2

from gateway.web.cookies import RECOVERY
from idp import recovery
from relying_parties import clients
from tests.support.citizen import ACTION, FORM, HIDDEN
from tests.support.gateway import Citizen, Gateway


class Browser:
    """One citizen's browser in front of the gateway, or of one of its processes."""

    def __init__(self, gateway: Gateway, cookie: str = "", *, node: int = 0) -> None:
        self._gateway, self._node = gateway, node
        self.lines: list[str] = []  # each Set-Cookie, as it came
        self.cookies = dict([cookie.split("=", 1)]) if cookie else {}

    async def send(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> httpx2.Response:
        """Send one request with this browser's cookies and keep those that come back."""
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            pairs = (f"{name}={value}" for name, value in self.cookies.items())
            spelt["cookie"] = "; ".join(pairs)
        answer = await self._gateway.ask(method, path, node=self._node, data=form, headers=spelt)
        for line in answer.headers.get_list("set-cookie"):
            self.lines.append(line)
            name, _, rest = line.partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = rest.partition(";")[0]
        return answer

    async def follow(self, path: str) -> httpx2.Response:
        """Open an address and go where it leads, as long as that is a page of ours."""
        return await self._onward(path, await self.send("GET", path))

    async def fill(
        self, page: httpx2.Response, button: str, fields: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Send the form that holds ``button`` and go where it leads."""
        path, form = self.form(page, button)
        answer = await self.send("POST", path, {**form, **(fields or {})})
        return await self._onward(path, answer)

    def form(self, page: httpx2.Response, button: str) -> tuple[str, dict[str, str]]:
        """Return where the form with ``button`` goes and what it holds unseen."""
        found = next(
            (one for one in FORM.finditer(page.text) if f'id="{button}"' in one["body"]), None
        )
        assert found, f"no {button} at {page.url}: {page.status_code} {page.text[:1500]}"
        action = ACTION.search(found["head"])
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(found["body"])}
        return unescape(action[1]) if action else page.url.path, hidden

    async def sign_in(self, page: httpx2.Response, email: str, password: str) -> httpx2.Response:
        """Sign in with a password from the page that asks for the address."""
        asked = await self.fill(page, "login-submit", {"username": email})
        offered = await self.fill(asked, "login-submit", {"password": password})
        if 'id="offer-skip"' in offered.text:
            return await self.fill(offered, "offer-skip", {"skip": "yes"})
        return offered

    async def _onward(self, path: str, answer: httpx2.Response) -> httpx2.Response:
        for _ in range(12):
            address = urljoin(self._gateway.issuer + path, answer.headers.get("location", ""))
            if "location" not in answer.headers or not address.startswith(self._gateway.issuer):
                return answer
            parts = urlsplit(address)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            answer = await self.send("GET", path)
        raise AssertionError(f"lost at {path}")


async def meanwhile(gateway: Gateway, what: str, someone: Citizen, client_id: str) -> None:
    """Let happen what ends the things that a service holds: the way it happens in the product."""
    browser = Browser(gateway, someone.cookie)
    if what == "withdrawn":
        page = await browser.follow(f"/account/sharing/{client_id}/stop")
        done = await browser.fill(page, "stop")
        assert str(done.url).endswith("done=stopped"), done.text
    elif what == "signed-out":
        page = await browser.follow("/logout")
        done = await browser.fill(page, "logout-confirm", {"answer": "yes"})
        assert "clear-site-data" in done.headers, done.text
    elif what == "new-password":
        page = await browser.follow("/account/security/password")
        done = await browser.fill(page, "password-submit", {"password": "seven slow herons fly"})
        assert str(done.url).endswith("done=password"), done.text
    elif what == "recovered":
        async with gateway.runtime.entry() as entry:
            started = await recovery.start(entry, someone.account)
        elsewhere = Browser(gateway, f"{RECOVERY}={started.handle}")
        page = await elsewhere.follow("/login/recover/new")
        done = await elsewhere.fill(page, "password-submit", {"password": "seven slow herons fly"})
        assert "__Host-sid" in elsewhere.cookies, done.text
    else:
        async with gateway.runtime.entry() as entry:
            await clients.suspend(entry, client_id, "test", by="test")
