"""Debian's Apache, as a test configures it: a port, a folder, and the modules that it names."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.postgres import free_port
from tests.support.servers import listens

_MODULES = Path("/usr/lib/apache2/modules")
_FRAME = """
ServerRoot {place}
PidFile {place}/pid
ErrorLog {place}/error.log
ServerName localhost
Listen 127.0.0.1:{port}
{modules}
User {user}
Group {group}
DocumentRoot {place}/pages
"""
_ALWAYS = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers")


def place(folder: Path) -> tuple[int, Path]:
    """Choose a port, and make a folder below ``folder`` that Apache can read."""
    port = free_port()
    made = folder / f"apache-{port}"
    (made / "pages").mkdir(parents=True)
    made.chmod(0o755)
    return port, made


def page(at: Path, name: str, text: str) -> None:
    """Write a page that Apache serves."""
    path = at / "pages" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@contextmanager
def running(port: int, at: Path, module: str, configuration: str) -> Iterator[str]:
    """Run Apache with ``module`` for as long as it takes; its address."""
    root = os.geteuid() == 0
    loads = (f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in (*_ALWAYS, module))
    frame = _FRAME.format(
        place=at,
        port=port,
        modules="\n".join(loads),
        user="www-data" if root else f"#{os.geteuid()}",
        group="www-data" if root else f"#{os.getegid()}",
    )
    path = at / "apache.conf"
    path.write_text(frame + configuration)
    server = subprocess.Popen(
        [shutil.which("apache2") or "/usr/sbin/apache2", "-f", path, "-D", "FOREGROUND"]
    )
    listens(port, server, at / "error.log")
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)
