"""The refunds desk: what citizens ask before they say yes, and the office's answer."""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relying_parties.samples.sdk import Service
from relying_parties.samples.sdk.provider import Unavailable

log = logging.getLogger("service")

Endpoint = Callable[[Request], Awaitable[Response]]


def show(service: Service) -> Endpoint:
    """Show the questions that wait."""

    async def shown(_request: Request) -> Response:
        try:
            questions = await service.asking.questions() if service.asking else []
        except Unavailable as error:
            log.warning("no questions: %s", error)
            return service.page("desk.html", status=503, questions=[])
        return service.page("desk.html", questions=questions)

    return shown


def reply(service: Service) -> Endpoint:
    """Answer one of them."""

    async def replied(request: Request) -> Response:
        # A page of somebody else may send a form here, and the browser says so.
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response(status_code=403)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        words, number = form.get("words", ""), request.path_params["number"]
        if service.asking is not None:
            try:
                await service.asking.reply(number, words)
            except Unavailable as error:
                log.warning("not answered: %s", error)
        return RedirectResponse("/desk", 303)

    return replied
