"""npm's oidc-client-ts, in a page without a server, in a real browser: CORS, PKCE, DPoP."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.clients.conftest import MODULES, SCRIPTS, Register
from tests.support.chromium import find
from tests.support.demo import Demo
from tests.support.walking import settled

pytestmark = [pytest.mark.npm, pytest.mark.browser]

LIBRARY = MODULES / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
FILES = {
    "/app.js": (SCRIPTS / "page" / "app.js", "text/javascript"),
    "/oidc-client-ts.js": (LIBRARY, "text/javascript"),
}


@pytest.fixture
def serve() -> Iterator[Callable[[], tuple[str, dict[str, Any]]]]:
    """Serve the page: its address, and the settings that it will ask for."""
    servers = []

    def begin() -> tuple[str, dict[str, Any]]:
        settings: dict[str, Any] = {}

        class Files(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, kind = FILES.get(
                    self.path, (SCRIPTS / "page" / "index.html", "text/html; charset=utf-8")
                )
                body = path.read_bytes()
                if self.path == "/settings.json":
                    body, kind = json.dumps(settings).encode(), "application/json"
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://localhost:{server.server_port}", settings

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("dpop", [False, True], ids=["bearer", "dpop"])
def test_a_page_signs_a_citizen_in(
    demo: Demo, register: Register, serve: Any, page: Page, dpop: bool
) -> None:
    address, settings = serve()
    # A name of its own: processes believe for a second what they knew of the one before.
    client_id = "page-with-a-key" if dpop else "page"
    register(
        client_id,
        f"{address}/callback",
        {"method": "none"},
        profile="native-public",
        postLogoutRedirectUris=[f"{address}/bye"],
        dpop=dpop,
    )
    settings |= {"issuer": demo.issuer, "client_id": client_id, "dpop": dpop}
    me = demo.person("David")

    page.goto(address)
    page.locator("#in").click()
    page.locator("#username").fill(me["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(me["password"])
    page.locator("#login-submit").click()
    page.locator("#offer-skip").click()
    page.wait_for_url("**/consent/**")
    settled(page)
    page.locator("#consent-allow").click()
    page.wait_for_url(f"{address}/callback**")
    first = told(page)
    page.locator("#again").click()
    page.wait_for_function("document.getElementById('told').textContent.includes('again')")
    second = told(page)
    page.locator("#out").click()
    page.wait_for_url(f"{address}/bye**")
    last = told(page)

    assert first["read"]["email"] == "david.cohen@example.test", first
    assert second["again"] == first["read"]
    assert second["other"]
    assert {first["kind"], second["kind"]} == {"DPoP" if dpop else "Bearer"}
    assert last == {"left": True}


def told(page: Page) -> dict[str, Any]:
    """What the page's script has to say."""
    page.wait_for_function("document.getElementById('told').textContent")
    said: dict[str, Any] = json.loads(page.locator("#told").inner_text())
    assert "error" not in said, said
    return said
