"""The example that operators are given, as nginx itself reads it.

Specs: RFC 8705 §5 and §6.1.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from gateway.cli.conformance import certificates
from gateway.postgres import free_port
from tests.support import servers, verdicts
from tests.support.gateway import ROOT
from tests.support.mutual import ALIAS, BERTHS, HEADER, OTHER, OWN, Held, Node, context, issued

pytestmark = pytest.mark.debian

AROUND = """
daemon off;
master_process off;
pid {place}/pid;
error_log {place}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    upstream gatehouse {{ server 127.0.0.1:{behind}; }}
    {example}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """nginx before the gateway."""

    port: int
    trusted: Path
    folder: Path

    async def ask(self, client_id: str, held: Held | None, **headers: str) -> httpx2.Response:
        """Ask about a token, with a certificate or without."""
        tls = context(self.trusted, held.written(self.folder) if held else None)
        form = {"client_id": client_id, "token": "t"}
        address = f"https://127.0.0.1:{self.port}/introspect"
        async with httpx2.AsyncClient(verify=tls, trust_env=False) as http:
            return await http.post(address, data=form, headers={"host": ALIAS, **headers})


@pytest.fixture(scope="module")
def proxy(mutual: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The server of docs/operating.md, but for where it listens and what its files are called."""
    place, port = tmp_path_factory.mktemp("nginx"), free_port()
    pair = certificates.own(place, (ALIAS,))
    shown = (ROOT / "docs" / "operating.md").read_text()
    [example] = re.findall(r"```nginx\n(.*?)```", shown, re.DOTALL)
    for ours, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("mtls.id.example;", f"{ALIAS};"),
        ("/etc/nginx/mtls.id.example.pem", str(pair.certificate)),
        ("/etc/nginx/mtls.id.example.key", str(pair.key)),
    ):
        assert ours in example
        example = example.replace(ours, here)
    written = place / "nginx.conf"
    behind = mutual.gateway.ports[mutual.number]
    written.write_text(AROUND.format(place=place, behind=behind, example=example))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    log = place / "error.log"
    log.touch()
    with subprocess.Popen(
        [binary, "-c", str(written), "-e", str(log)], stdin=subprocess.DEVNULL
    ) as process:
        servers.listens(port, process, log)
        yield Proxy(port, pair.certificate, place)
        process.terminate()


@pytest.mark.parametrize(
    ("client_id", "held"),
    [
        pytest.param("vouched", BERTHS, id="RFC8705-2.1-of-an-authority"),
        pytest.param("own", OWN, id="RFC8705-2.2-self-signed"),
        pytest.param("own-key", issued("CN=renewed", key=OWN.key), id="RFC8705-2.2-renewed"),
    ],
)
async def test_nginx_hands_a_certificate_over(proxy: Proxy, client_id: str, held: Held) -> None:
    assert (await proxy.ask(client_id, held)).json() == {"active": False}


@pytest.mark.parametrize("held", [None, OTHER, OWN])
async def test_nobody_writes_the_header_through_nginx(proxy: Proxy, held: Held | None) -> None:
    """CA-25, MT-2: what a caller writes is replaced by what they showed, or by nothing."""
    for name in (HEADER, HEADER.lower(), HEADER.replace("-", "_")):
        answer = await proxy.ask("vouched", held, **{name: BERTHS.escaped})
        verdicts.refused(answer, "invalid_client", 401)
