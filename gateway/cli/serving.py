"""Serving: the web processes. Nothing is read here that answering a request does not need."""

import contextlib
import importlib.util
import os
import sys

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway import logs, settings
from gateway.web import listener

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
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    certificate: str | None,
    key: str | None,
) -> None:
    """Answer requests."""
    for module in ("uvloop", "httptools"):
        if importlib.util.find_spec(module) is None:
            raise click.ClickException(f"{module} is missing: without it we are four times slower")
    given = settings.read()
    logs.set_up()
    processes = workers or given.workers
    os.environ["GATEHOUSE_WORKERS"] = str(processes)  # each asks how many share the cores
    config = uvicorn.Config(
        "gateway.app:create",
        factory=True,
        workers=processes,
        loop="uvloop",
        http="gateway.web.door:Door",
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
    )
    try:
        own = listener.claim(host or given.host, port or given.port)
    except listener.PortTaken as error:
        raise click.ClickException(f"can't listen at {error}") from error
    with contextlib.suppress(KeyboardInterrupt):
        if config.workers > 1:
            Multiprocess(config, sockets=[own]).run()
            return
        server = uvicorn.Server(config)
        server.run(sockets=[own])
        if not server.started:
            sys.exit(1)
