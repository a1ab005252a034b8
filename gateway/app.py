"""The composition root: routes, runtime and their life, as one ASGI application."""

import asyncio
import contextlib
import gc
import logging
import os
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette

from gateway import logs, routes, settings
from gateway.runtime import Runtime
from gateway.web.dispatch import Dispatcher

YOUNG = 2_000  # objects after which the collector looks at the new ones

log = logging.getLogger("gatehouse")


class Application:
    """Starlette keeps the process's life; requests go straight to the dispatcher."""

    def __init__(self, given: settings.Settings) -> None:
        self._runtime = Runtime(given)
        self._life = Starlette(lifespan=self._live)
        self._dispatch = Dispatcher(routes.of(given), lambda: self._runtime)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or begin or end the process's life."""
        if scope["type"] == "http":
            await self._dispatch(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._life(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _live(self, _app: Starlette) -> AsyncIterator[None]:
        self._runtime.know_authorities()
        await self._runtime.open()
        _settle()
        log.info("serving", extra={"pid": os.getpid()})
        fresh = asyncio.create_task(self._runtime.keep_keys_fresh())
        try:
            yield
        finally:
            fresh.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await fresh
            await self._runtime.close()


def _settle() -> None:
    """Spare the collector what lives as long as the process, and let more come before it looks.

    Requests leave few cycles behind; looking for them after every 700 objects costs a sign-on
    four parts in a hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()


def create() -> Application:
    """Build the application from the environment; uvicorn's factory."""
    logs.set_up()
    return Application(settings.read())
