"""Whom the suite signs in: somebody who has a value for every standard claim."""

from gateway.runtime import Runtime
from idp import accounts, attributes, identifiers
from idp.authenticators import passwords
from idp.proofing import journeys, sandbox
from keys.entry import Entry

EMAIL = "robin.tester@example.test"
PASSWORD = "amber-kayak-tulip-42"  # noqa: S105 - of somebody who lives where nobody is real

PROVED = {
    "given_name": "Robin",
    "middle_name": "Ellis",
    "family_name": "Tester",
    "birthdate": "1980-02-29",
    "place_of_birth": {"country": "GB", "locality": "Northtown"},
    "nationalities": ["GB"],
    "address": {
        "street_address": "1 Mill Lane",
        "locality": "Northtown",
        "region": "North",
        "postal_code": "NT1 4QX",
        "country": "United Kingdom",
        "country_code": "GB",
    },
}
TOLD = {"nickname": "Rob", "gender": "nonbinary", "zoneinfo": "Europe/London", "locale": "en-GB"}
PHONE = "+441632960417"
DOCUMENT = "XD1000001"


async def move_in(runtime: Runtime, entry: Entry) -> None:
    """Open the account, unless it is there, with every standard claim in it."""
    if await identifiers.find_account(entry, runtime.vault, EMAIL) is not None:
        return
    account = await accounts.open_account(entry, runtime.vault, email=EMAIL)
    await passwords.set(entry, account.id, await runtime.hasher.hash(PASSWORD))
    found = sandbox.known({"person": "suite", "document_number": DOCUMENT, "attributes": PROVED})
    await journeys.complete(entry, runtime.vault, account.id, found)
    for claim, value, verified in [
        *((claim, value, False) for claim, value in TOLD.items()),
        ("phone_number", PHONE, True),
    ]:
        await attributes.record(
            entry,
            runtime.vault,
            account.id,
            claim,
            value,
            source_type="self",
            verified=verified,
            by=f"account:{account.id}",
        )
