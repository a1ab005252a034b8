"""A Django project, as a test runs it: a database of its own, and a port."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.clients.conftest import SCRIPTS
from tests.support.servers import listens


@contextmanager
def running(
    python: Path | str, project: str, port: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Run ``project`` with ``python`` for as long as it takes; its address."""
    told = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"{project}.settings",
        "PYTHONPATH": str(SCRIPTS),
        "DATABASE": str(folder / "django.sqlite"),
        **environment,
    }
    manage = [str(python), "-m", "django"]
    subprocess.run([*manage, "migrate", "-v", "0"], env=told, check=True, cwd=SCRIPTS)
    log = folder / "django.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*manage, "runserver", "--noreload", str(port)],
            env=told,
            cwd=SCRIPTS,
            stdout=output,
            stderr=output,
        )
    listens(port, server, log)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)
