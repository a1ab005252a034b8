"""One gateway of two processes for all tests of the protocol."""

import os
from collections.abc import AsyncIterator

import pytest

from gateway.postgres import free_port
from tests.conftest import create_database
from tests.support import gateway as gateways
from tests.support import mutual as mutuals
from tests.support import services
from tests.support.gateway import Citizen, Gateway


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands on the gateway goes to one worker of a run: one gateway is enough."""
    for item in items:
        if "gateway" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("gateway"))


@pytest.fixture(scope="session")
def remote_keys_port() -> int:
    """Where the service ``remote`` says that its keys are; who listens there is a test's."""
    return free_port()


@pytest.fixture(scope="session")
async def gateway(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, remote_keys_port: int
) -> AsyncIterator[Gateway]:
    """Two processes, the services of :mod:`tests.support.services`, and nobody yet."""
    name = f"gatehouse_spec_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    database = await create_database(postgres_url, name)
    async with gateways.running(database, tmp_path_factory.mktemp("gateway")) as running:
        await services.seed(running, f"http://127.0.0.1:{remote_keys_port}/jwks")
        yield running


@pytest.fixture(scope="session")
async def mutual(
    gateway: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[mutuals.Node]:
    """One more process, at whose alias host services show certificates."""
    async with mutuals.running(gateway, tmp_path_factory.mktemp("mutual")) as node:
        yield node


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and has agreed to what ``basic`` asks."""
    return await gateway.citizen("basic")
