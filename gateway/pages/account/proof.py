"""Who may change the ways in: whoever signed in just now, as strongly as the account can.

Where there is a passkey, a password is not enough: otherwise whoever learns it could
trade it for a passkey of their own. A passkey that may have a copy needs another proof
beside it: the password, or another passkey. Who has lost the passkey recovers the account; its
wait and its mails are the proof then.

Specs: SP 800-63B §4.1.2.1.
"""

from uuid import UUID

from gateway.web.call import Call
from idp import authenticators, recovery
from idp.sessions import FRESH, Session


async def given(call: Call, session: Session) -> bool:
    """Whether the citizen may change the ways in without confirming first."""
    if not fresh(call, session) or session.doubtful:
        return False
    return session.aal >= 2 or not await needs_passkey(call, session.account.id)


def fresh(call: Call, session: Session) -> bool:
    """Whether the citizen signed in just now."""
    return call.entry.at - session.auth_time < FRESH


async def needs_passkey(call: Call, account_id: UUID) -> bool:
    """Whether only a passkey of the account is proof enough."""
    enrolled = await authenticators.enrolled(call.entry, account_id)
    return enrolled.passkeys > 0 and not await recovery.is_recent(call.entry, account_id)
