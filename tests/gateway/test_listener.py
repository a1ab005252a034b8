import pickle
import socket

import pytest

from gateway.web import listener


def test_a_port_is_claimed_once() -> None:
    with listener.claim("127.0.0.1", 0) as own:
        port = own.getsockname()[1]
        own.listen()

        with pytest.raises(listener.PortTaken):
            listener.claim("127.0.0.1", port)


def test_each_worker_gets_a_socket_of_its_own() -> None:
    with listener.claim("127.0.0.1", 0) as own:
        workers = [pickle.loads(pickle.dumps(own)) for _ in range(2)]
        for each in workers:
            each.listen()
        came = [socket.create_connection(own.getsockname()) for _ in range(64)]

        for each in workers:  # all 64 at one of two: once in 2**63 runs
            each.settimeout(5)
            each.accept()[0].close()
        for each in (*workers, *came):
            each.close()


@pytest.mark.parametrize("host", ["::1", "127.0.0.1"])
def test_it_listens_in_either_family(host: str) -> None:
    with listener.claim(host, 0) as own:
        assert own.getsockname()[0] == host
