"""What the service keeps: who is signed in here, and what they shared.

One SQLite file, because a service of this size needs no server. A person is found
by ``sub``, which is this agency's own number for them and means nothing elsewhere.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    sub TEXT PRIMARY KEY, details TEXT NOT NULL, read_at TEXT NOT NULL,
    refresh_token TEXT, notes TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY, sub TEXT NOT NULL, sid TEXT, id_token TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sign_ins (
    state TEXT PRIMARY KEY, browser TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, jti TEXT NOT NULL UNIQUE, sub_id TEXT NOT NULL,
    events TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS reports (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS waiting (
    auth_req_id TEXT PRIMARY KEY, token TEXT NOT NULL, sub TEXT NOT NULL, reference TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen as this service knows them.

    :ivar details: what the gateway released when it was last read
    :ivar notes: what the service itself wrote down about them
    """

    sub: str
    details: Mapping[str, Any]
    read_at: str
    notes: Mapping[str, Any]
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that came and is not done yet.

    :ivar events: what it tells, by the address of its type
    """

    jti: str
    sub_id: Mapping[str, Any]
    events: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """What is still to be reported about a request."""

    number: int
    reference: str
    body: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a citizen was asked and has not answered.

    :ivar token: that comes with the ping
    :ivar reference: our own
    """

    auth_req_id: str = field(repr=False)
    token: str = field(repr=False)
    sub: str
    reference: str


@dataclass(frozen=True, slots=True)
class Read:
    """What was read about a person because of an event."""

    sub: str
    details: Mapping[str, Any]
    at: str


def _digest(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()


class Store:
    """People, their sessions here, and the sign-ins under way."""

    def __init__(self, path: Path) -> None:
        if path.name != ":memory:":
            # It holds people's details and sessions: no other user of the machine reads it.
            path.touch(mode=0o600)
            path.chmod(0o600)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA)

    def begin(self, *, state: str, browser: str, nonce: str, verifier: str) -> None:
        """Remember a sign-in until the citizen comes back with ``state``."""
        self._database.execute(
            "INSERT INTO sign_ins VALUES (?, ?, ?, ?)", (state, _digest(browser), nonce, verifier)
        )

    def take(self, state: str, browser: str) -> tuple[str, str] | None:
        """Return (nonce, verifier) of a sign-in that this browser began, once."""
        row = self._database.execute(
            "DELETE FROM sign_ins WHERE state = ? AND browser = ? RETURNING nonce, verifier",
            (state, _digest(browser)),
        ).fetchone()
        return (row["nonce"], row["verifier"]) if row else None

    def remember(
        self, sub: str, details: Mapping[str, Any], at: str, refresh_token: str | None
    ) -> None:
        """Keep what was read; a missing refresh token leaves the earlier one."""
        self._database.execute(
            "INSERT INTO people (sub, details, read_at, refresh_token) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (sub) DO UPDATE SET details = excluded.details,"
            " read_at = excluded.read_at,"
            " refresh_token = coalesce(excluded.refresh_token, people.refresh_token)",
            (sub, json.dumps(details), at, refresh_token),
        )

    def renew_grant(self, sub: str, refresh_token: str | None) -> None:
        """Keep the token that took the place of a person's; without one theirs is good still."""
        self._database.execute(
            "UPDATE people SET refresh_token = coalesce(?, refresh_token) WHERE sub = ?",
            (refresh_token, sub),
        )

    def note(self, sub: str, notes: Mapping[str, Any]) -> None:
        """Write down what the service itself decided about a person."""
        self._database.execute(
            "UPDATE people SET notes = ? WHERE sub = ?", (json.dumps(notes), sub)
        )

    def forget_grant(self, sub: str) -> None:
        """Drop the token of a grant that ended; the file stays."""
        self._database.execute("UPDATE people SET refresh_token = NULL WHERE sub = ?", (sub,))

    def drop(self, sub: str, names: Collection[str]) -> None:
        """Drop details of a person; all else that is held of them stays."""
        person = self.person(sub)
        if person is None:
            return
        kept = {name: value for name, value in person.details.items() if name not in names}
        self._database.execute(
            "UPDATE people SET details = ? WHERE sub = ?", (json.dumps(kept), sub)
        )

    def sign_in(self, handle: str, sub: str, sid: str | None, id_token: str) -> None:
        """Open a session of this service."""
        self._database.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)", (_digest(handle), sub, sid, id_token)
        )

    def sign_out(self, handle: str) -> None:
        """End a session of this service."""
        self._database.execute("DELETE FROM sessions WHERE digest = ?", (_digest(handle),))

    def end_session(self, sid: str) -> None:
        """End what was opened in a session of the gateway that is over."""
        self._database.execute("DELETE FROM sessions WHERE sid = ?", (sid,))

    def signed_in(self, handle: str) -> Person | None:
        """Who this session belongs to."""
        row = self._database.execute(
            "SELECT people.*, sessions.id_token FROM sessions JOIN people USING (sub)"
            " WHERE digest = ?",
            (_digest(handle),),
        ).fetchone()
        return _person(row, row["id_token"]) if row else None

    def person(self, sub: str) -> Person | None:
        """Return who has this number here, signed in or not."""
        row = self._database.execute("SELECT * FROM people WHERE sub = ?", (sub,)).fetchone()
        return _person(row) if row else None

    def people(self) -> list[Person]:
        """Return everybody who has a file here."""
        rows = self._database.execute("SELECT * FROM people ORDER BY rowid").fetchall()
        return [_person(row) for row in rows]

    def report(self, reference: str, body: str) -> None:
        """Keep what is to be reported until it is."""
        self._database.execute(
            "INSERT INTO reports (reference, body) VALUES (?, ?)", (reference, body)
        )

    def unreported(self) -> list[Report]:
        """Return what is still to be reported, in its order."""
        rows = self._database.execute("SELECT * FROM reports ORDER BY number").fetchall()
        return [Report(row["number"], row["reference"], row["body"]) for row in rows]

    def reported(self, number: int) -> None:
        """Drop what was reported."""
        self._database.execute("DELETE FROM reports WHERE number = ?", (number,))

    def wait(self, one: Waiting) -> None:
        """Keep what a citizen was asked until there is an answer."""
        self._database.execute(
            "INSERT INTO waiting VALUES (?, ?, ?, ?)",
            (one.auth_req_id, one.token, one.sub, one.reference),
        )

    def waiting(self) -> list[Waiting]:
        """Return what citizens were asked and have not answered."""
        rows = self._database.execute("SELECT * FROM waiting ORDER BY rowid").fetchall()
        return [Waiting(*row) for row in rows]

    def came(self, auth_req_id: str) -> None:
        """Drop what was answered and acted on."""
        self._database.execute("DELETE FROM waiting WHERE auth_req_id = ?", (auth_req_id,))

    def forget(self, sub: str) -> None:
        """Forget a person whose account has ended."""
        for table in ("sessions", "waiting", "people"):
            self._database.execute(f"DELETE FROM {table} WHERE sub = ?", (sub,))  # noqa: S608

    def keep(self, jti: str, sub_id: Mapping[str, Any], events: Mapping[str, Any]) -> None:
        """Keep an event until it is done; one that came before changes nothing."""
        self._database.execute(
            "INSERT INTO events (jti, sub_id, events) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (jti, json.dumps(sub_id), json.dumps(events)),
        )

    def undone(self) -> list[Heard]:
        """Return what came and is not done, in the order in which it came."""
        rows = self._database.execute(
            "SELECT jti, sub_id, events FROM events WHERE done = 0 ORDER BY number"
        ).fetchall()
        return [
            Heard(row["jti"], json.loads(row["sub_id"]), json.loads(row["events"])) for row in rows
        ]

    def done(self, jti: str, read: Read | None = None) -> None:
        """Note that an event was acted on and answered, and keep what was read for it.

        Both at once: whoever dies in between decides again over what was known before.
        """
        self._database.execute("BEGIN")
        if read is not None:
            self.remember(read.sub, read.details, read.at, None)
        self._database.execute("UPDATE events SET done = 1 WHERE jti = ?", (jti,))
        self._database.execute("COMMIT")


def _person(row: sqlite3.Row, id_token: str = "") -> Person:
    return Person(
        sub=row["sub"],
        details=json.loads(row["details"]),
        read_at=row["read_at"],
        notes=json.loads(row["notes"]),
        refresh_token=row["refresh_token"],
        id_token=id_token,
    )
