"""Who calls, when a proxy stands between: what it says counts if it is one of `trusted_proxies`."""

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from hub.complaints import ConfigError
from hub.settings import HubSettings, load
from hub.transports import Receive, Scope, Send
from liandong.connections import Bounds
from tests.serving.serving import served


async def whoami(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the caller's address."""
    client = Request(scope).client
    await PlainTextResponse(client.host if client else "")(scope, receive, send)


@pytest.mark.parametrize(
    ("trusted", "said", "caller"),
    [
        (HubSettings().trusted_proxies, "192.0.2.1", "192.0.2.1"),
        (("127.0.0.0/8",), "192.0.2.1", "192.0.2.1"),
        (("127.0.0.0/8", "10.1.0.0/16"), "203.0.113.9, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        (("10.1.2.3",), "192.0.2.1", "127.0.0.1"),
        ((), "192.0.2.1", "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_says_who_calls(
    trusted: tuple[str, ...], said: str, caller: str
) -> None:
    """The last address that is no trusted proxy's; what anybody else says of it is nothing."""
    headers = {"x-forwarded-for": said}
    async with served(whoami, Bounds(), trusted) as port, httpx2.AsyncClient() as http:
        assert (await http.get(f"http://127.0.0.1:{port}/", headers=headers)).text == caller


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.1.2.3/8", "10.1.2", ""])
def test_a_proxy_is_an_address_or_a_network(wrong: str) -> None:
    """What would silently trust nobody, or everybody, is refused at start."""
    with pytest.raises(ConfigError, match="address or a network"):
        load(None, trusted_proxies=[wrong])
