"""A citizen without a browser: follows links, fills in forms, keeps cookies."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx2

FORM = re.compile(r"<form method=\"post\"(?P<head>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
HIDDEN = re.compile(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
ACTION = re.compile(r"action=\"([^\"]*)\"")


class Citizen:
    """Somebody of the demo, signing in with a password."""

    def __init__(self, issuer: str, email: str, password: str) -> None:
        self.issuer = issuer
        self._email, self._password = email, password
        self._cookies: dict[str, dict[str, str]] = {}
        self._http = httpx2.Client(follow_redirects=False, timeout=20, trust_env=False)

    def leave(self) -> None:
        """Close the connections."""
        self._http.close()

    def visit(self, address: str, until: str) -> str:
        """Go to ``address`` and through our pages; return the first address below ``until``."""
        for _ in range(20):
            if address.startswith(until):
                return address
            answer = self._send("GET", address)
            while answer.status_code in (200, 422) and self._ours(address):
                address, answer = self._answered(address, answer)
                if address.startswith(until):
                    return address
            if "location" not in answer.headers:
                raise AssertionError(f"{answer.status_code} at {address}\n{answer.text[:800]}")
            address = urljoin(address, answer.headers["location"])
        raise AssertionError(f"lost at {address}")

    def get(self, address: str) -> httpx2.Response:
        """Open an address and follow where it leads."""
        for _ in range(12):
            answer = self._send("GET", address)
            if "location" not in answer.headers:
                return answer
            address = urljoin(address, answer.headers["location"])
        raise AssertionError(f"lost at {address}")

    def _answered(self, address: str, answer: httpx2.Response) -> tuple[str, httpx2.Response]:
        """Fill in the form of one of our pages."""
        path = urlsplit(address).path
        wanted, values = {
            "/login": ("login-submit", {"username": self._email}),
            "/login/password": ("login-submit", {"password": self._password}),
            "/login/offer": ("offer-skip", {"skip": "yes"}),
        }.get(path, ("consent-allow", {"answer": "allow", "duration": "until"}))
        form = next(one for one in FORM.finditer(answer.text) if wanted in one["body"])
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(form["body"])}
        action = ACTION.search(form["head"])
        target = urljoin(address, unescape(action[1])) if action else address
        posted = self._send("POST", target, {**hidden, **values})
        location = posted.headers.get("location")
        assert location, f"{posted.status_code} at {target}\n{posted.text[:600]}"
        following = urljoin(target, location)
        if not self._ours(following):
            return following, posted
        return following, self._send("GET", following)

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
