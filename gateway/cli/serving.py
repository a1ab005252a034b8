"""Serving: the web processes. Nothing is read here that answering a request does not need."""

import importlib.util

import click
import uvicorn

from gateway import logs, settings


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Processes that answer requests.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Answer requests."""
    for module in ("uvloop", "httptools"):
        if importlib.util.find_spec(module) is None:
            raise click.ClickException(f"{module} is missing: without it we are four times slower")
    given = settings.read()
    logs.set_up()
    uvicorn.run(
        "gateway.app:create",
        factory=True,
        host=host or given.host,
        port=port or given.port,
        workers=workers or given.workers,
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
    )
