"""Pages: a template, the frame's context, the headers."""

import gzip
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from starlette.responses import Response

from gateway.settings import LOCALES
from gateway.web import cookies, csrf, headers, static
from gateway.web.call import Call
from gateway.web.locale import NAMES, direction, translations

FOLDER = Path(__file__).parent.parent / "templates"
_WORTH_PACKING = 1024
_GOES_ON = (200, 422, 429)  # pages that ask something, the second time too


def page(
    call: Call,
    template: str,
    *,
    status: int = 200,
    form_action: Iterable[str] = (),
    frame_src: Iterable[str] = (),
    **context: Any,
) -> Response:
    """Render ``template`` in the language of the call.

    :param form_action: origins, besides ours, at which a form of this page may end
    :param frame_src: origins of the frames in it
    """
    settings = call.runtime.settings
    frame = {
        "lang": call.locale,
        "dir": direction(call.locale),
        "csrf": csrf.token(call),
        "languages": _languages(call, keeping=status in _GOES_ON),
        "operator": settings.operator,
        "issuer": settings.issuer,
        "environment": settings.environment,
        "session": call.known_session,
        "errors": {},
    }
    html = environment(call.locale).get_template(template).render(frame | context)
    # A page that asks for a passkey may ask us for another challenge, and one that warns of
    # the end of a session for more time.
    asks = (context.get("passkey") or {}).get("purpose") or context.get("session_ends")
    connect = "'self'" if asks else "'none'"
    policy = headers.page(form_action, secure=settings.secure, connect=connect, frames=frame_src)
    return _wrapped(call, html, status, policy)


def text(locale: str, template: str, **context: Any) -> str:
    """Render a template that is no page, such as a mail."""
    return environment(locale, escape=False).get_template(template).render(context)


def document(locale: str, template: str, **context: Any) -> str:
    """Render an HTML file that stands alone, for somebody to keep."""
    frame = {"lang": locale, "dir": direction(locale)}
    return environment(locale).get_template(template).render(frame | context)


def _wrapped(call: Call, html: str, status: int, fields: dict[str, str]) -> Response:
    """Wrap a whole HTML document in a page's headers."""
    body = html.encode()
    fields["content-type"] = "text/html; charset=utf-8"
    if len(body) > _WORTH_PACKING and "gzip" in call.header("accept-encoding"):
        body = gzip.compress(body, 6, mtime=0)
        fields |= {"content-encoding": "gzip", "vary": "accept-encoding"}
    response = Response(body, status, fields)
    if call.new_browser and status < 400:
        cookies.set_browser(response, call.new_browser)
    if call.query.text("lang") in LOCALES and status < 400:
        cookies.set_language(response, call.query.text("lang"))
    return response


@cache
def environment(locale: str, *, escape: bool = True) -> Environment:
    """Build the templates of one of our locales, once."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(default=True) if escape else False,  # noqa: S701 - mail is text
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    words = translations(locale)
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"asset": static.asset, "markup": Markup}
    return made


def _languages(call: Call, *, keeping: bool) -> list[dict[str, Any]]:
    """Offer this page in each language; what a refused address carried is not said again."""
    names = [name for name in call.query if name != "lang"] if keeping else []
    kept = {name: call.query.text(name) for name in names}
    return [
        {
            "code": code,
            "name": name,
            "dir": direction(code),
            # Of a path such as //evil.test/ a link would lead away, so it names none.
            "href": f"?{urlencode({**kept, 'lang': code})}",
            "current": code == call.locale,
        }
        for code, name in NAMES.items()
    ]
