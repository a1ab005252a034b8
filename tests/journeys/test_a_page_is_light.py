"""Weight: a page of signing in takes four requests and 14 kB, its service's logo apart."""

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, Response

from tests.support.demo import Demo
from tests.support.servers import breathe

pytestmark = pytest.mark.browser

MOST_REQUESTS, MOST_BYTES, MOST_OF_A_LOGO = 4, 14 * 1024, 24 * 1024
TILE = re.compile(r'<img src="/logos/')


@pytest.mark.parametrize("client_id", ["parking-permits", "tax-account", "appointments"])
def test_the_sign_in_page_shows_the_logo_and_stays_light(
    context: BrowserContext, demo: Demo, client_id: str
) -> None:
    """AD-10: the picture comes from ourselves, and a browser draws it."""
    service = demo.service(client_id)
    page = context.new_page()
    arrive(page, service["url"], demo)
    came: list[Response] = []
    page.on("response", lambda one: came.append(one))  # noqa: PLW0108 - Playwright marks it
    page.reload(wait_until="networkidle")

    drawn = page.locator(".tile img").evaluate("it => it.complete && it.naturalWidth")

    assert drawn == 96
    assert len(came) <= MOST_REQUESTS, [one.url for one in came]
    assert {one.url.startswith(demo.issuer) for one in came} == {True}
    sizes = {one.url: one.request.sizes()["responseBodySize"] for one in came}
    pictures = [size for url, size in sizes.items() if "/logos/" in url]
    assert sum(pictures) <= MOST_OF_A_LOGO
    assert sum(sizes.values()) - sum(pictures) <= MOST_BYTES


def arrive(page: Page, url: str, demo: Demo) -> None:
    """Come from the service, once the worker has fetched its logo."""
    deadline = time.monotonic() + 60
    page.goto(f"{url}/sign-in")
    while not TILE.search(page.content()):
        assert time.monotonic() < deadline, page.content()
        breathe()
        page.reload()
    assert page.url.startswith(f"{demo.issuer}/login")
