"""Cookies: seven of them, all opaque, all bound to this host.

* ``__Host-sid``: the citizen's session; Lax, because sign-on arrives from other sites
* ``__Host-adm``: an administrator's session; Strict
* ``__Host-browser``: a handle of this browser, for what it began and for its forms; Lax
* ``__Host-device``: a handle of this device, for whoever signed in on it before; Strict
* ``__Host-recovery``: what continues a recovery, here and nowhere else; Lax, because the
  mail about it leads back
* ``__Host-lang``: the chosen language; Lax
* ``__Host-state``: a name of the session that opens nothing, for the frame in which services
  watch it (off by default): scripts of ours read it, and it is sent from other sites'
  pages, or that frame would not have it
"""

from starlette.responses import Response

SESSION = "__Host-sid"
ADMIN = "__Host-adm"
BROWSER = "__Host-browser"
DEVICE = "__Host-device"
RECOVERY = "__Host-recovery"
LANGUAGE = "__Host-lang"
STATE = "__Host-state"

_STRICT = frozenset({ADMIN, DEVICE})
_MOST = 4096


def parse(header: str) -> dict[str, str]:
    """Read the ``Cookie`` header; a name that came twice counts as absent (SE-08)."""
    found: dict[str, str] = {}
    twice = set()
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and len(value) < _MOST:
            if name in found:
                twice.add(name)
            found[name] = value
    for name in twice:
        del found[name]
    return found


def set_session(response: Response, handle: str) -> None:
    """Hand a citizen's session to the browser, until it is closed or ends."""
    _set(response, SESSION, handle)


def set_admin(response: Response, handle: str) -> None:
    """Hand an administrator's session to the browser."""
    _set(response, ADMIN, handle, same_site="strict")


def set_browser(response: Response, handle: str) -> None:
    """Name this browser, so that what it began is its own."""
    _set(response, BROWSER, handle)


def set_device(response: Response, handle: str, seconds: int) -> None:
    """Let the device be known again; it signs nobody in, so only our own forms need it."""
    _set(response, DEVICE, handle, same_site="strict", max_age=seconds)


def set_recovery(response: Response, handle: str, seconds: int) -> None:
    """Let this browser continue a recovery: it may be closed while its citizen waits."""
    _set(response, RECOVERY, handle, max_age=seconds)


def set_language(response: Response, locale: str) -> None:
    """Remember the language for a year."""
    _set(response, LANGUAGE, locale, max_age=31_536_000)


def set_state(response: Response, state: str) -> None:
    """Let our frame in a service's page see which session this is."""
    line = f"{STATE}={state}; Path=/; Secure; SameSite=None"
    response.headers.append("set-cookie", line)


def clear(response: Response, *names: str) -> None:
    """Take cookies back."""
    for name in names:
        same_site = "strict" if name in _STRICT else "lax"
        _set(response, name, "", same_site=same_site, max_age=0)


def _set(
    response: Response, name: str, value: str, *, same_site: str = "lax", max_age: int | None = None
) -> None:
    age = "" if max_age is None else f"; Max-Age={max_age}"
    line = f"{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site.capitalize()}{age}"
    response.headers.append("set-cookie", line)
