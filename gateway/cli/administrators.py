"""Administrators as YAML: an address and roles; who is new is invited by mail."""

from collections.abc import Mapping
from typing import Any

from gateway.admin import letters
from gateway.runtime import Runtime
from idp import accounts, identifiers, invitations
from keys.entry import Entry
from relying_parties.errors import RegistrationInvalid
from relying_parties.onboarding import Applied

BY = "operator"


async def apply(runtime: Runtime, entry: Entry, document: Mapping[str, Any]) -> Applied:
    """Let whoever has the address have these roles and no others.

    :raises RegistrationInvalid: the document breaks rules
    :raises IdentifierInvalid: not an e-mail address
    """
    email, roles = _read(document)
    account_id = await invitations.find_account(entry, runtime.vault, email)
    account = await accounts.find(entry, account_id) if account_id else None
    held = set(account.roles) if account else set()
    invited = None
    # Applied again, it must not invite by itself whoever recovered an administrator's account.
    if account_id is None or (not held and await invitations.needed(entry, account_id)):
        invited = await invitations.invite(entry, runtime.vault, email)
        account_id = invited.account_id
    for role in sorted(roles - held):
        await accounts.grant_role(entry, account_id, role, by=BY)
    for role in sorted(held - roles):
        await accounts.take_role(entry, account_id, role, by=BY)
    if invited:
        await letters.invite(runtime, entry, email=invited.email, handle=invited.handle)
    return Applied("Administrator", email, changed=held != roles)


async def standing(
    runtime: Runtime, entry: Entry, document: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the document that would leave the administrator as they are."""
    email, _ = _read(document)
    account_id = await invitations.find_account(entry, runtime.vault, email)
    account = await accounts.find(entry, account_id) if account_id else None
    if account is None:
        return None
    return {**document, "metadata": {"email": email}, "spec": {"roles": list(account.roles)}}


def _read(document: Mapping[str, Any]) -> tuple[str, set[str]]:
    about, spec = document.get("metadata"), document.get("spec")
    if not isinstance(about, dict) or not isinstance(spec, dict):
        raise RegistrationInvalid((("", "not_an_object"),))
    members = ("apiVersion", "kind", "metadata", "spec")
    unknown = [key for key in document if key not in members]
    unknown += [f"metadata.{key}" for key in about if key != "email"]
    unknown += [f"spec.{key}" for key in spec if key != "roles"]
    if unknown:
        raise RegistrationInvalid(tuple((path, "unknown_member") for path in unknown))
    email, roles = about.get("email"), spec.get("roles")
    if not isinstance(email, str):
        raise RegistrationInvalid((("metadata.email", "missing"),))
    if not isinstance(roles, list) or not all(role in accounts.ROLES for role in roles):
        raise RegistrationInvalid((("spec.roles", "unknown"),))
    return identifiers.normalise_email(email), set(roles)
