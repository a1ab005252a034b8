"""Serving: the web processes. Nothing is read here that answering a request does not need."""

import contextlib
import gc
import importlib.util
import os
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway import logs, settings
from gateway.web import listener
from keys import certificates
from keys.errors import CertificateRefused

# Of TLS 1.2 what BCP 195 recommends and FAPI 2.0 §5.2.2 allows; TLS 1.3 brings its own.
CIPHERS = "ECDHE+AESGCM"
_FILE = click.Path(exists=True, dir_okay=False)


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(*settings.BOUNDS["port"]), help="Port to listen on.")
@click.option(
    "--workers",
    type=click.IntRange(*settings.BOUNDS["workers"]),
    help="Processes that answer requests.",
)
@click.option("--certificate", type=_FILE, help="Speak TLS ourselves, with this chain (PEM).")
@click.option("--key", type=_FILE, help="The certificate's private key (PEM).")
@click.option(
    "--client-certificates",
    "asking",
    is_flag=True,
    help="Ask every client for a certificate: for a port of its own, at GATEHOUSE_MTLS_ADDRESS.",
)
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    certificate: str | None,
    key: str | None,
    *,
    asking: bool,
) -> None:
    """Answer requests."""
    gc.disable()  # until everything is there (gateway.app): what is imported now stays
    _look_at_speed()
    given = settings.read()
    if asking and not (certificate and given.mtls_address and given.client_authorities):
        raise click.ClickException(
            "--client-certificates needs --certificate, GATEHOUSE_MTLS_ADDRESS and"
            " GATEHOUSE_CLIENT_AUTHORITIES"
        )
    _look_at_authorities(given.client_authorities)
    logs.set_up()
    processes = workers or given.workers
    os.environ["GATEHOUSE_WORKERS"] = str(processes)  # each asks how many share the cores
    config = uvicorn.Config(
        "gateway.app:create",
        factory=True,
        workers=processes,
        loop="uvloop",
        http="gateway.web.door:AskingDoor" if asking else "gateway.web.door:Door",
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=25,
        log_config=None,
        log_level="warning",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ciphers=CIPHERS,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if asking else ssl.CERT_NONE,
        ssl_ca_certs=given.client_authorities if asking else None,
        ssl_context_factory=_anchored if asking else None,
    )
    try:
        own = listener.claim(host or given.host, port or given.port)
    except listener.PortTaken as error:
        raise click.ClickException(f"can't listen at {error}") from error
    with contextlib.suppress(KeyboardInterrupt):
        _run(config, own)


def _run(config: uvicorn.Config, own: socket.socket) -> None:
    if config.workers > 1:
        Multiprocess(config, sockets=[own]).run()
        return
    server = uvicorn.Server(config)
    server.run(sockets=[own])
    if not server.started:
        sys.exit(1)


def _look_at_speed() -> None:
    for module in ("uvloop", "httptools"):
        if importlib.util.find_spec(module) is None:
            raise click.ClickException(f"{module} is missing: without it we are four times slower")


def _look_at_authorities(named: Path | None) -> None:
    """Say what is wrong before any process starts.

    :raises ClickException: the file is not there, or holds none
    """
    try:
        if named is not None:
            certificates.authorities(named.read_bytes())
    except (OSError, CertificateRefused) as error:
        raise click.ClickException(
            f"GATEHOUSE_CLIENT_AUTHORITIES: {named} holds no certificates that can be read"
        ) from error


def _anchored(_config: uvicorn.Config, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Let whoever is named vouch, though somebody vouches for them in turn."""
    context = usual()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
