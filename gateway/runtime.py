"""What a process holds for as long as it runs: the pool, the secrets, the keys, known clients.

Clients and keys are cached. One number in the database rises with every change of a
client; it is read at most once a second, so a change is seen within a second. What a
token may do does not wait for that: its statement asks whether the service is live.
"""

import asyncio
import logging
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from gateway import cores
from gateway.recent import Recent
from gateway.settings import Settings
from gateway.web import pace
from gateway.web.pace import Buckets
from idp.authenticators.passwords import Hasher
from keys import certificates, keystore, master, rotation, vault
from keys.entry import Entry
from keys.keystore import Keyring
from keys.pool import Pool, PoolPolicy
from keys.vault import Vault
from relying_parties import clients, origins, registry
from relying_parties.clients import Client

log = logging.getLogger("gatehouse")

FRESH = 1.0  # seconds for which the registry's number is believed
BESIDE = 2  # connections for what a process looks up for itself
KEYS_FRESH = 1.0  # a key that leaked signs and verifies no longer than this (security: KE-05)


def now() -> datetime:
    """Return the moment: the only clock of the product."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


class Runtime:
    """One process's hold on everything outside it."""

    vault: Vault
    keyring: Keyring

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool = Pool(settings.database_url, PoolPolicy(size=settings.pool_size))
        # Apart: who asks for a client may hold a connection already, and if all do, each would
        # wait for another one that never comes free.
        self._beside = Pool(settings.database_url, PoolPolicy(size=BESIDE))
        self.hasher: Any = None
        self.authorities: Any = None  # of clients' certificates
        self.pages = Buckets(pace.PAGES, on=settings.rate_limits)
        self.paces = Buckets(pace.CLIENTS, on=settings.rate_limits)
        self.registrations = Buckets(pace.REGISTRATIONS, on=settings.rate_limits)
        self.metadata: dict[str, bytes] = {}
        self.pushed: Recent[Any] = Recent()  # requests that came here, by their request_uri
        self._clients: dict[str, Client | None] = {}
        self._origins: frozenset[str] | None = None
        self._registry = -1
        self._looked = 0.0
        self._keys_standing: tuple[object, ...] = ()

    def entry(self) -> Entry:
        """Open a unit of work at this moment."""
        return Entry(self.pool, now())

    async def open(self) -> None:
        """Open the vault and the keys; the first start of a database draws them.

        :raises MasterKeyMissing, MasterKeyUnsafe, NotSealedHere, DatabaseBusy: can't serve
        """
        key = master.load(self.settings.master_key_file, os.environ)
        async with self.entry() as entry:
            self.vault = await vault.open_vault(entry, key)
            # Where services are live as soon as they registered, no review leaves time for it.
            asked = keystore.ON_REQUEST if self.settings.open_registration else ()
            await rotation.ensure(entry, self.vault.sealer, asked)
            self._keys_standing = await keystore.standing(entry)
            self.keyring = await keystore.load(entry, self.vault.sealer)
        self.hasher = Hasher(self.vault.pepper, threads=cores.mine(self.settings.workers))

    def know_authorities(self) -> None:
        """Read who vouches for clients' certificates; only who answers requests needs it.

        :raises CertificateRefused, OSError: the file is not there, or holds none
        """
        named = self.settings.client_authorities
        self.authorities = certificates.authorities(named.read_bytes()) if named else None

    async def close(self) -> None:
        """Let everything go."""
        await self.pool.close()
        await self._beside.close()

    async def client(self, client_id: str) -> Client | None:
        """Return a registered client, as it was at most a second ago; ``None`` if unknown."""
        if time.monotonic() - self._looked > FRESH:
            await self._look()
        if client_id not in self._clients:
            async with self._look_up() as entry:
                found = await clients.find(entry, client_id)
            if found is None:
                return None  # not remembered: strangers could fill the memory with names
            await self._draw_keys(found.registration.signing_algs & keystore.ON_REQUEST)
            self._clients[client_id] = found
        return self._clients[client_id]

    async def origins(self) -> frozenset[str]:
        """Return where services run in a browser, as it was at most a second ago."""
        if time.monotonic() - self._looked > FRESH:
            await self._look()
        if self._origins is None:
            async with self._look_up() as entry:
                self._origins = await origins.of_browsers(entry)
        return self._origins

    async def keep_keys_fresh(self) -> None:
        """Take up what a rotation did elsewhere, for as long as the process runs."""
        while True:
            await asyncio.sleep(KEYS_FRESH)
            try:
                async with self._look_up() as entry:
                    standing = await keystore.standing(entry)
                    if standing != self._keys_standing:
                        self.keyring = await keystore.load(entry, self.vault.sealer)
                        self._keys_standing = standing
            except Exception:  # a database that is away for a minute must not end the watch
                log.exception("keys not read")

    async def _draw_keys(self, asked: frozenset[str]) -> None:
        """Make what a service wants to be signed by, if it is the first one."""
        if self.keyring.sign_with(asked):
            return
        async with self._look_up() as entry:
            await rotation.ensure(entry, self.vault.sealer, asked)
        async with self._look_up() as entry:
            self.keyring = await keystore.load(entry, self.vault.sealer)

    def _look_up(self) -> Entry:
        return Entry(self._beside, now())

    async def _look(self) -> None:
        self._looked = time.monotonic()
        async with self._look_up() as entry:
            number = await registry.version(entry)
        if number != self._registry:
            self._registry = number
            self._clients.clear()
            self._origins = None


class Place(Protocol):
    """Where something is done: in the answer to a call, or by the worker."""

    @property
    def runtime(self) -> Runtime:
        """What the process holds."""

    @property
    def entry(self) -> Entry:
        """The unit of work."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """A unit of work that answers nobody."""

    runtime: Runtime
    entry: Entry
