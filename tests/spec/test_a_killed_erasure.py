"""I5, C14: a worker that is killed while it deletes accounts leaves none half deleted for good.

The duty as it is shipped, again and again, each time killed a little later; what is between
two steps is as the stage says.
"""

import asyncio

import pytest

from gateway import erasing
from tests.spec.test_a_killed_worker_s_duties import ONE_DUTY, running
from tests.support import leaving, letters, services, signals
from tests.support.gateway import Citizen, Gateway

pytestmark = pytest.mark.xdist_group("gateway")

PEOPLE = 12
ERASES = (
    ONE_DUTY.replace("from gateway import worker", "from gateway import erasing")
    .format(duty="erase")
    .replace("worker.erase", "erasing.erase")
)
STEPS = {"waiting": 0, "closed": 1, "told": 2, "gone": 3}


async def steps(gateway: Gateway, people: list[Citizen]) -> int:
    """Count the steps that were taken, and see that each account is as its stage says."""
    rows = await gateway.rows(
        "SELECT e.stage, a.status, k.wrapped IS NOT NULL AS opens, e.receipt IS NOT NULL AS mail"
        " FROM idp.erasures e LEFT JOIN idp.accounts a ON a.id = e.account_id"
        " LEFT JOIN idp.person_keys k ON k.account_id = e.account_id"
        " WHERE e.account_id = ANY($1)",
        [one.account for one in people],
    )
    whole = {
        "waiting": ("open", True, False),
        "closed": ("closed", False, True),
        "told": ("closed", False, True),
        "gone": (None, False, False),
    }
    for row in rows:
        assert (row["status"], row["opens"], row["mail"]) == whole[row["stage"]], row["stage"]
    return sum(STEPS[row["stage"]] for row in rows)


async def test_wherever_it_dies_the_next_one_goes_on(gateway: Gateway) -> None:
    await gateway.service(signals.document("erased-tells"))
    await gateway.settled()
    api = await signals.api(gateway, "erased-tells")
    stream = await api.create()
    people = [await gateway.citizen("basic", "erased-tells") for _ in range(PEOPLE)]
    subjects = [await signals.subject(gateway, one, "erased-tells") for one in people]
    for one in people:
        await services.tokens(gateway, one, scope="openid offline_access")
        await leaving.asked(gateway, one)

    for enough in (1, 5, 11, 14, 22, 26, 31, 3 * PEOPLE):
        async with running(gateway, "-c", ERASES) as process:
            assert process.stdout
            await process.stdout.readline()
            async with asyncio.timeout(60):
                while await steps(gateway, people) < enough:
                    await leaving.due(gateway)
                    await signals.gathered(gateway)

    assert await steps(gateway, people) == 3 * PEOPLE
    assert await erasing.erase(gateway.runtime) == 0
    told = [
        signals.read(gateway, raw)["sub_id"].get("sub")
        for raw in (await api.poll(stream))["sets"].values()
    ]
    assert sorted(told) == sorted(subjects)
    for one in people:
        names = [name for name, _ in await letters.queued(gateway, one.email)]
        assert names.count("account-gone") == 1
