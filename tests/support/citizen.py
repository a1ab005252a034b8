"""A citizen without a browser: follows links, fills in forms, keeps cookies."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

FORM = re.compile(r"<form method=\"post\"(?P<head>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
HIDDEN = re.compile(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
ACTION = re.compile(r"action=\"([^\"]*)\"")


class Citizen:
    """Somebody of the demo, signing in with a password."""

    def __init__(self, issuer: str, email: str, password: str) -> None:
        self.issuer = issuer
        self.email, self._password = email, password
        self._cookies: dict[str, dict[str, str]] = {}
        self._http = httpx2.Client(follow_redirects=False, timeout=20, trust_env=False)

    def leave(self) -> None:
        """Close the connections."""
        self._http.close()

    def visit(self, address: str, until: str) -> str:
        """Go to ``address`` and through our pages; return the first address below ``until``."""
        return self._go(address, lambda now: now.startswith(until))

    def let_in(self, address: str) -> str:
        """Follow a device's link with its code, to the page that says to go back to it."""
        return self._go(address, lambda now: now.endswith("/done"))

    def _go(self, address: str, reached: Callable[[str], bool]) -> str:
        for _ in range(20):
            if reached(address):
                return address
            answer = self._send("GET", address)
            while answer.status_code in (200, 422) and self._ours(address):
                address, answer = self._answered(address, answer)
                if reached(address):
                    return address
            if "location" not in answer.headers:
                raise AssertionError(f"{answer.status_code} at {address}\n{answer.text[:800]}")
            address = urljoin(address, answer.headers["location"])
        raise AssertionError(f"lost at {address}")

    def approve(self) -> str:
        """Say yes to what waits in the inbox; return where that was."""
        inbox = f"{self.issuer}/account/inbox"
        self.visit(self.leads(inbox) or inbox, inbox)
        waits = re.search(r"href=\"(/account/inbox/[0-9a-f-]{36})\"", self.get(inbox).text)
        assert waits, "nothing waits"
        address = f"{self.issuer}{waits[1]}"
        yes = {"answer": "approve", "duration": "until"}
        _, done = self._filled(address, self.get(address), "request-approve", yes)
        assert done.status_code == 303, done.text[:600]
        return address

    def sign_out(self) -> None:
        """Sign out of everything, on our own page."""
        address = f"{self.issuer}/logout"
        _, done = self._filled(address, self.get(address), "logout-confirm", {"answer": "yes"})
        assert done.status_code == 200, done.text[:600]

    def get(self, address: str) -> httpx2.Response:
        """Open an address and follow where it leads."""
        for _ in range(12):
            answer = self._send("GET", address)
            if "location" not in answer.headers:
                return answer
            address = urljoin(address, answer.headers["location"])
        raise AssertionError(f"lost at {address}")

    def leads(self, address: str) -> str:
        """Return where an address sends on to; empty if it is a page."""
        location = self._send("GET", address).headers.get("location")
        return urljoin(address, location) if location else ""

    def _answered(self, address: str, answer: httpx2.Response) -> tuple[str, httpx2.Response]:
        """Fill in the form of one of our pages."""
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        wanted, values = {
            "/login": ("login-submit", {"username": self.email}),
            "/login/password": ("login-submit", {"password": self._password}),
            "/login/offer": ("offer-skip", {"skip": "yes"}),
            "/device": ("device-submit", {"user_code": query.get("user_code", [""])[0]}),
        }.get(path, ("consent-allow", {"answer": "allow", "duration": "until"}))
        if path.startswith("/device/"):
            wanted, values = "device-yes", {"answer": "yes"}
        target, posted = self._filled(address, answer, wanted, values)
        location = posted.headers.get("location")
        assert location, f"{posted.status_code} at {target}\n{posted.text[:600]}"
        following = urljoin(target, location)
        if not self._ours(following):
            return following, posted
        return following, self._send("GET", following)

    def _filled(
        self, address: str, page: httpx2.Response, button: str, values: dict[str, str]
    ) -> tuple[str, httpx2.Response]:
        """Send the form of a page that holds ``button``; where it went, and the answer."""
        form = next(one for one in FORM.finditer(page.text) if button in one["body"])
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(form["body"])}
        action = ACTION.search(form["head"])
        target = urljoin(address, unescape(action[1])) if action else address
        return target, self._send("POST", target, {**hidden, **values})

    def _send(
        self, method: str, address: str, form: dict[str, str] | None = None
    ) -> httpx2.Response:
        host = urlsplit(address).netloc
        jar = self._cookies.setdefault(urlsplit(address).hostname or "", {})
        headers = {"host": host}
        if jar:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        reachable = re.sub(r"//[^/:]+", "//127.0.0.1", address, count=1)
        answer = self._http.request(method, reachable, data=form, headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in line.lower() or not value:
                jar.pop(name, None)
            else:
                jar[name] = value
        return answer

    def _ours(self, address: str) -> bool:
        return urlsplit(address).netloc == urlsplit(self.issuer).netloc
