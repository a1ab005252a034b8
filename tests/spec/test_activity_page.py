"""What happened, as a citizen reads it: which details changed, together what changed together."""

from tests.support.gateway import Citizen, Gateway


async def test_changes_of_one_moment_are_told_as_one(gateway: Gateway, ana: Citizen) -> None:
    """By their names, never by their values; a register writes a dozen at once."""
    page = await gateway.get("/account/activity", headers=ana.headers)

    items = page.text.partition('<ol class="line">')[2].split("</li>")
    told = [item for item in items if "A detail was changed" in item]
    assert sum("Family name and Given names" in item for item in told) == 1
    assert len(told) <= 2
    assert "Number" not in "".join(told)
