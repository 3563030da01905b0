"""Web Push: browsers are woken through the push service each of them names.

Source: RFC 8030. The address is a stranger's word: it must be https, its name is resolved once and
judged, and no redirect is followed.
"""

import asyncio
import re
import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

import httpx2
import orjson
import structlog
from joserfc.jwk import ECKey

from hub import clock
from hub.access.keys import load_vapid_key, vapid_key_path
from hub.ingest.guard import Resolve, forbidden, resolve
from hub.model.operations import OrderPriority
from hub.operations.waking.channels import SEND_TIMEOUT, Outcome, Wake
from hub.settings import Settings, WebPushSettings
from hub.store.documents import DeviceDoc
from mobile_api.push import sealed
from mobile_api.push.replies import line, retry_after

log = structlog.get_logger()

TTL: Final = timedelta(hours=1)
"""How long a push service keeps a message for a browser that is away; then its own sync tells."""
RENEW: Final = timedelta(hours=1)
"""How old a token may be that the hub shows a push service."""
_HOST: Final = re.compile(r"[A-Za-z0-9.:-]+")
_MOST_SERVICES: Final = 100
_GONE: Final = frozenset({404, 410})
_REFUSED: Final = frozenset({401, 403})
_ASK_THE_OWNER: Final = "The push service does not accept the hub's key: see [push.webpush]."


class WebPushChannel:
    """The `webpush` channel: wakes browsers. `public_key` is what they register with, base64url.

    `tls`: whom it trusts, if not the authorities that the system trusts.
    """

    name = "webpush"

    def __init__(
        self,
        settings: WebPushSettings,
        key: ECKey,
        *,
        timeout: float = SEND_TIMEOUT,
        tls: ssl.SSLContext | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        self.public_key = sealed.public(key)
        self._settings, self._key, self._resolver = settings, key, resolver
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._timeout = timeout
        # no environment: a proxy set there would resolve names itself, and answer for others
        self._client = httpx2.AsyncClient(
            trust_env=False,
            verify=tls or httpx2.create_ssl_context(trust_env=False),
            follow_redirects=False,
            timeout=timeout,
        )

    async def close(self) -> None:
        """Let its connections go."""
        await self._client.aclose()

    async def send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        """Wake one browser within the timeout. Expected failures are outcomes."""
        subscription = device.push_subscription
        if subscription is None:
            return Outcome.failed("device has no subscription")
        try:
            request = self._request(subscription, wake)
        except (ValueError, KeyError, TypeError, httpx2.InvalidURL) as error:
            return Outcome.failed(f"not a subscription: {line(error)}")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(request)
        except TimeoutError:
            return Outcome.retry(f"no answer within {self._timeout:g} s")
        except httpx2.HTTPError as error:
            return Outcome.retry(f"no answer: {line(error)}")

    def _request(self, subscription: dict[str, object], wake: Wake) -> httpx2.Request:
        url = httpx2.URL(str(subscription["endpoint"]))
        if url.scheme != "https" or url.userinfo or _HOST.fullmatch(url.host) is None:
            message = "the endpoint is not https"
            raise ValueError(message)
        keys = subscription["keys"]
        said = {"event": wake.event_id, "topic": wake.topic, "priority": wake.priority.value}
        urgent = wake.priority is OrderPriority.URGENT
        body = sealed.encrypted(
            orjson.dumps(said),
            p256dh=keys["p256dh"],  # type: ignore[index]  # else a TypeError, which is looked for
            auth=keys["auth"],  # type: ignore[index]
        )
        headers = {
            "authorization": self._authorization(url),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "host": url.netloc.decode("ascii"),
            # of those that say the same the last is enough: letters and hyphens (RFC 8030, 5.4)
            "topic": wake.topic.replace(".", "-")[:32],
            "ttl": str(int(TTL.total_seconds())),
            "urgency": "high" if urgent else "normal",
            "user-agent": "liandong",
        }
        extensions = {"sni_hostname": url.host}
        return self._client.build_request(
            "POST", url, content=body, headers=headers, extensions=extensions
        )

    async def _send(self, request: httpx2.Request) -> Outcome:
        host, port = request.url.host, request.url.port or 443
        try:
            addresses = await self._resolver(host, port)
        except (OSError, UnicodeError):
            return Outcome.retry(f"the host {host!r} cannot be resolved")
        for address in addresses:
            why = forbidden(
                ip_address(address.partition("%")[0]), allow_private=self._settings.allow_private
            )
            if why is not None:
                return Outcome.failed(f"the host {host!r} leads to {address}, {why}")
        if not addresses:
            return Outcome.retry(f"the host {host!r} has no address")
        request.url = request.url.copy_with(host=addresses[0])
        response = await self._client.send(request, stream=True)
        try:
            return self._outcome_of(response)
        finally:
            # what it says is of no use, and need not come to an end
            await response.aclose()

    def _outcome_of(self, response: httpx2.Response) -> Outcome:
        """What the answer means.

        It is the push service's own: over TLS, by whom the endpoint names, without a proxy between.
        """
        status = response.status_code
        if response.is_success:
            return Outcome.sent(response.headers.get("location"))
        if status in _GONE:
            return Outcome.dead_token(f"{status}: the subscription has ended")
        if status in _REFUSED:
            log.warning(
                "push.webpush.refused", status=status, host=response.request.headers["host"]
            )
            return Outcome.failed(f"{status}. {_ASK_THE_OWNER}")
        if status == 429 or response.is_server_error:
            return Outcome.retry(str(status), retry_after(response))
        return Outcome.failed(str(status))

    def _authorization(self, url: httpx2.URL) -> str:
        audience, now = f"https://{url.netloc.decode('ascii')}", clock.now()
        known = self._tokens.get(audience)
        if known is None or now - known[1] > RENEW:
            if len(self._tokens) > _MOST_SERVICES:
                self._tokens.clear()
            contact = self._settings.contact
            token = sealed.signed(self._key, audience=audience, contact=contact, now=now)
            known = self._tokens[audience] = (token, now)
        return known[0]


def opened(given: WebPushSettings, settings: Settings) -> WebPushChannel:
    """The channel; its key is made at the first start. Raises StartError."""
    return WebPushChannel(given, load_vapid_key(vapid_key_path(settings)))


def described(given: WebPushSettings) -> str:
    """What `doctor` says of the settings."""
    return f"Web Push, {given.contact}"
