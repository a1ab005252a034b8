"""Audiences: an access token about a citizen that is for another resource than userinfo.

Whether the client may have it is asked before anything is used up; the token itself is
directed before anybody has it. It opens nothing at userinfo, and its resource knows the
citizen by the subject of its own sector.

Specs: RFC 8707 §2.2, RFC 9068 §2 and §6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.oauth import jwt_access_tokens, rich, targets
from gateway.oauth.jwt_access_tokens import About, Worth
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import Target
from gateway.web.call import Call
from keys import pairwise
from relying_parties.clients import Client
from relying_parties.grants import directed
from relying_parties.grants.directed import Granted
from relying_parties.resources import SIGNED

Cnf = Mapping[str, str] | None


class Given(Protocol):
    """What this module needs to see of a redeemed code or a used refresh token."""

    @property
    def access_token(self) -> str:
        """Opaque, for userinfo, and with nobody yet."""

    @property
    def citizen(self) -> bytes:
        """The sealed reference."""

    @property
    def scope(self) -> str:
        """What was granted."""

    @property
    def claims(self) -> tuple[str, ...]:
        """What the access token reads."""

    @property
    def details(self) -> Sequence[Mapping[str, Any]] | None:
        """What was agreed to in detail."""

    @property
    def acr(self) -> str | None:
        """What was achieved."""

    @property
    def amr(self) -> Sequence[str]:
        """How."""

    @property
    def auth_time(self) -> datetime:
        """When."""

    @property
    def expires_at(self) -> datetime:
        """Of the access token."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the client gets.

    :ivar details: what the answer says of them (RFC 9396 §7); empty if none were asked
    """

    access_token: str = field(repr=False)
    scope: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citizen:
    """Whom a token is about, how they signed in, and who acts for them beside the client.

    :ivar sealed_for: the client to whom ``reference`` is sealed
    """

    reference: bytes = field(repr=False)
    sealed_for: str
    auth_time: datetime
    acr: str | None
    amr: Sequence[str] = ()
    act: Mapping[str, Any] | None = None


async def of_code(call: Call, client: Client, code: str) -> Target | None:
    """Return which resource the request wants of its code; ``None`` for userinfo.

    :raises OAuthRefused: ``invalid_target``, ``invalid_scope``; the code can be used still
    """
    named = _named(call)
    if named is None:
        return None
    granted = await directed.of_code(call.entry, code, client_id=client.client_id)
    # Of a code that is unknown or used the grant itself has something to say.
    return await _target(call, client, named, granted, "") if granted else None


async def of_refresh(call: Call, client: Client) -> Target | None:
    """Return which resource the request wants of its refresh token; ``None`` for userinfo.

    :raises OAuthRefused: ``invalid_target``, ``invalid_scope``
    """
    named = _named(call)
    if named is None:
        return None
    token = call.form.text("refresh_token")
    granted = await directed.of_refresh(call.entry, token, client_id=client.client_id)
    wanted = call.form.text("scope")
    return await _target(call, client, named, granted, wanted) if granted else None


async def held(call: Call, given: Given, client: Client, target: Target | None, cnf: Cnf) -> Held:
    """Return the access token for the client, directed to ``target`` if there is one.

    :raises UnknownKey: the resource wants a signed token and none signs at the moment
    """
    if target is None:
        return Held(given.access_token, given.scope, rich.told(call, client, given))
    scope = " ".join(_within(given.scope, target))
    resource = target.resource.identifier
    details = rich.told(call, client, given, resource)
    token = given.access_token
    if target.resource.tokens == SIGNED:
        worth = Worth(client.client_id, scope, given.expires_at, cnf, details)
        citizen = Citizen(given.citizen, client.client_id, given.auth_time, given.acr, given.amr)
        token = signed(call, target, citizen, worth)
    await directed.turn(call.entry, given.access_token, into=token, resource=resource, scope=scope)
    return Held(token, scope, details)


def signed(call: Call, target: Target, citizen: Citizen, worth: Worth) -> str:
    """Sign a token that the resource reads itself.

    :raises UnknownKey: none signs at the moment as the resource wants it
    """
    vault = call.runtime.vault
    account_id = pairwise.open_citizen(vault.sealer, citizen.reference, citizen.sealed_for)
    about = About(
        # RFC 9068 §6: the resource's own name for the citizen, never the client's.
        subject=pairwise.subject(vault.pairwise, target.server.sector, account_id),
        auth_time=citizen.auth_time,
        acr=citizen.acr,
        amr=citizen.amr,
        act=citizen.act,
    )
    return jwt_access_tokens.about_citizen(call.runtime, target, worth, about, call.entry.at)


def _named(call: Call) -> str | None:
    named = call.form.all("resource")
    # One audience for each token, or one resource could use it at another (RFC 9700 §2.3).
    if len(named) > 1:
        raise OAuthRefused("invalid_target", "a token is for one resource")
    userinfo = targets.userinfo(call.runtime.settings.issuer)
    return named[0] if named and named[0] != userinfo else None


async def _target(call: Call, client: Client, named: str, granted: Granted, wanted: str) -> Target:
    if named not in granted.resources:
        raise OAuthRefused("invalid_target", "resource was not asked for at authorization")
    target = await targets.for_citizens(call, client, named)
    if not _within(wanted or granted.scope, target):
        raise OAuthRefused("invalid_scope", "nothing was granted for this resource")
    return target


def _within(scope: str, target: Target) -> list[str]:
    return [one for one in scope.split() if one in target.scopes]
