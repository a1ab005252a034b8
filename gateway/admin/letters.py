"""The letter that brings an invitation to the only one who may follow it."""

from gateway.runtime import Runtime
from idp import invitations, notices
from keys.entry import Entry


async def invite(
    runtime: Runtime,
    entry: Entry,
    *,
    email: str,
    handle: str,
    locale: str | None = None,
    agency: str = "",
) -> None:
    """Queue the mail; it is not sent once the invitation has run out.

    :param agency: what it is called in ``locale``; empty for the gateway's own staff
    """
    settings = runtime.settings
    await notices.queue(
        entry,
        runtime.vault,
        template="invited",
        locale=locale or settings.default_locale,
        email=email,
        fields={"agency": agency, "link": f"{settings.issuer}/admin/invite/{handle}"},
        expires_at=entry.at + invitations.LIFETIME,
    )
