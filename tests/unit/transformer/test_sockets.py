import socket

import pytest

from flights.errors import OperatorError
from transformer.sockets import listen


def _has(address: str) -> bool:
    try:
        with socket.create_server((address, 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has("::1"), reason="this machine has no IPv6")
@pytest.mark.parametrize(("host", "asked"), [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1")])
def test_an_address_of_ipv6_is_listened_on_and_all_of_them_take_ipv4_too(host: str, asked: str) -> None:
    with listen(host, 0) as listener, socket.create_connection((asked, listener.getsockname()[1]), timeout=5) as client:
        assert client.getpeername()[0] == asked


@pytest.mark.parametrize("host", ["a..b", "203.0.113.7", "x" * 300])
def test_an_address_that_is_not_this_machines_is_named(host: str) -> None:
    with pytest.raises(OperatorError, match=r"^port 18181 of .* cannot be listened on: ") as caught:
        listen(host, 18181)
    assert host in str(caught.value)
