"""`liandong demo phone`: an officer's phone in a terminal, over the public mobile API only.

It signs in, asks the push service for a token and registers it, syncs, shows orders, and answers
them by a key. A push only wakes it: what it shows always comes from its own sync.
"""

import asyncio
import platform
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
from rich.console import Console

from terminal.client import ClientError
from terminal.keys import keys

ANSWERS = {
    "a": ("order.accepted", "接受 accept"),
    "x": ("order.declined", "不能前往 decline"),
    "e": ("order.enRoute", "出发 en route"),
    "h": ("order.arrived", "到场 here"),
    "d": ("order.done", "完成 done"),
}


@dataclass
class Phone:
    """One phone: what it is signed in to, and the orders it holds by id."""

    url: str
    push_url: str | None
    login: str
    password: str
    console: Console = field(default_factory=Console)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursor: str | None = None
    syncing: asyncio.Lock = field(default_factory=asyncio.Lock)
    offline: bool = False
    device_id: str = field(default_factory=lambda: f"terminal-{uuid.uuid4()}")

    async def run(self) -> None:
        """Sign in, register, sync, then listen to pushes, changes and keys. Raises ClientError."""
        async with httpx2.AsyncClient(base_url=f"{self.url}/mobile/v1", timeout=10) as http:
            self.http = http
            await self._sign_in()
            push_token = await self._register_push()
            await self._sync()
            self._help()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._live())
                if push_token:
                    tasks.create_task(self._pushes(push_token))
                if await self._quit_by_key():
                    raise _QuitError

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            response = await self.http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise ClientError(f"{self.url}: 连接不上 cannot be reached ({error}).") from error
        if response.status_code >= 400:
            problem = response.json() if "json" in response.headers["content-type"] else {}
            raise ClientError(f"{path}: {problem.get('title', response.status_code)}")
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    async def _sign_in(self) -> None:
        device = {
            "id": self.device_id,
            "platform": "terminal",
            "model": platform.system(),
            "appVersion": "0.1.0",
            "locale": "zh-CN",
        }
        session = await self._call(
            "POST",
            "/session",
            {"login": self.login, "password": self.password, "device": device},
        )
        self.refresh_token = session["refreshToken"]
        self.http.headers["authorization"] = f"Bearer {session['accessToken']}"
        self._say(f"已登录 signed in as [b]{self.login}[/b]")

    async def _refresh(self) -> None:
        session = await self._call("POST", "/session/refresh", {"refreshToken": self.refresh_token})
        self.refresh_token = session["refreshToken"]
        self.http.headers["authorization"] = f"Bearer {session['accessToken']}"

    async def _register_push(self) -> str | None:
        """A token of the push service for this phone; without the service, sync alone serves."""
        if self.push_url is None:
            return None
        try:
            async with httpx2.AsyncClient(timeout=5) as http:
                response = await http.post(f"{self.push_url}/phones")
                response.raise_for_status()
                token = str(response.json()["token"])
        except httpx2.HTTPError as error:
            self._say(f"[yellow]无推送服务 no push service ({error}): 仅同步 sync only[/yellow]")
            return None
        await self._call("PUT", "/device", {"pushChannel": "fcm", "pushToken": token})
        self._say(f"推送已注册 registered for push: {token[:12]}…")
        return token

    async def _sync(self) -> None:
        """Fetch what changed. One at a time: a push and a live change often come together."""
        async with self.syncing:
            await self._fetch_pages()

    async def _fetch_pages(self) -> None:
        while True:
            query = f"?since={self.cursor}" if self.cursor else ""
            page = await self._call("GET", f"/sync{query}")
            if page["reset"]:
                self.orders.clear()
            for change in page["changes"]:
                await self._take(change)
            self.cursor = page["nextCursor"]
            if not page["limited"]:
                return

    async def _take(self, change: dict[str, Any]) -> None:
        """One change of the sync stream; a new order is reported received and seen."""
        if change["entity"] != "order":
            return
        order = change["data"]
        known = self.orders.get(order["id"])
        if change["op"] == "remove":
            self.orders.pop(order["id"], None)
            return
        self.orders[order["id"]] = order
        if known is None and order["state"] == "OPEN":
            self._show(order)
            await self._report(order, "order.received", "order.seen")
        elif known and known.get("state") != order["state"]:
            self._say(f"指令 {order['number']}: {order['state']}")

    def _show(self, order: dict[str, Any]) -> None:
        incident = order.get("incident") or {}
        self.console.bell()
        self._say(
            f"[bold red]新指令 New order {order['number']}[/bold red] [b]{order['text']}[/b]\n"
            f"   事件 {incident.get('number', '')} {incident.get('title', '')} "
            f"{incident.get('place') or ''}\n"
            f"   {self._keys_line()}"
        )

    async def _report(self, order: dict[str, Any], *kinds: str) -> None:
        now = datetime.now(UTC).isoformat()
        actions = [
            {"id": str(uuid.uuid4()), "kind": kind, "at": now, "body": {"orderId": order["id"]}}
            for kind in kinds
        ]
        answer = await self._call("POST", "/actions", {"actions": actions})
        for action, result in zip(actions, answer["results"], strict=True):
            if result["status"] in {"applied", "duplicate"}:
                self._say(f"   ✓ {action['kind']}")
            else:
                self._say(f"   [red]✗ {action['kind']}: {result['code']} {result['message']}[/red]")

    async def _live(self) -> None:
        """Follow /events; on any loss, sync and come back."""
        while True:
            try:
                async for _ in _server_sent(self.http, "/events", self.cursor):
                    await self._sync()
            except httpx2.HTTPStatusError as error:
                if error.response.status_code == 401:
                    await self._refresh()
            except (httpx2.HTTPError, ClientError) as error:
                self._lost(error)
            await asyncio.sleep(1)
            try:
                await self._sync()
                self._back()
            except ClientError as error:
                self._lost(error)

    def _lost(self, error: Exception) -> None:
        """The hub does not answer: said once, until it does again."""
        if not self.offline:
            self._say(f"[yellow]断线 link lost ({error}), 重连中 reconnecting[/yellow]")
        self.offline = True

    def _back(self) -> None:
        if self.offline:
            self._say("[green]已重连 link is back[/green]")
        self.offline = False

    async def _pushes(self, token: str) -> None:
        while True:
            try:
                async with httpx2.AsyncClient(base_url=self.push_url or "", timeout=None) as http:
                    async for data in _server_sent(http, f"/phones/{token}/messages", None):
                        self._say(f"[cyan]推送 push woke this phone:[/cyan] {data[:120]}")
                        await self._sync()
            except (httpx2.HTTPError, ClientError) as error:
                self._say(f"[yellow]推送断线 push link lost ({type(error).__name__})[/yellow]")
            await asyncio.sleep(2)

    async def _quit_by_key(self) -> bool:
        """Answer keys until q; False at end of input, where a phone without keys goes on."""
        async for key in keys():
            if key == "q":
                return True
            if key == "?":
                self._help()
            elif key in ANSWERS:
                await self._answer(key)
        return False

    async def _answer(self, key: str) -> None:
        """Answer the newest open order."""
        order = next(
            (held for held in reversed(list(self.orders.values())) if held["state"] == "OPEN"), None
        )
        if order is None:
            self._say("没有待办指令 no open order")
            return
        try:
            await self._report(order, ANSWERS[key][0])
        except ClientError as error:
            self._say(f"[red]{error}[/red]")

    def _keys_line(self) -> str:
        return "  ".join(f"[b]{key}[/b] {label}" for key, (_, label) in ANSWERS.items())

    def _help(self) -> None:
        self._say(f"{self._keys_line()}  [b]?[/b] 帮助  [b]q[/b] 退出 quit")

    def _say(self, text: str) -> None:
        self.console.print(f"[dim]{datetime.now().astimezone():%H:%M:%S}[/dim] {text}")
        sys.stdout.flush()


class _QuitError(Exception):
    """The user pressed q."""


async def _server_sent(
    http: httpx2.AsyncClient, path: str, last_id: str | None
) -> AsyncIterator[str]:
    """The data of each server-sent event. Raises httpx2.HTTPError when the stream is lost."""
    headers = {"accept": "text/event-stream", **({"last-event-id": last_id} if last_id else {})}
    timeout = httpx2.Timeout(10, read=45)
    async with http.stream("GET", path, headers=headers, timeout=timeout) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data:"):
                yield line.removeprefix("data:").strip()


async def run_phone(phone: Phone) -> None:
    """Run a phone until its user quits. Raises ClientError with one line."""
    try:
        await phone.run()
    except ExceptionGroup as group:
        unexpected = group.split(_QuitError)[1]
        refused = unexpected.subgroup(ClientError) if unexpected else None
        if refused is not None:
            raise ClientError(str(refused.exceptions[0])) from None
        if unexpected is not None:
            raise unexpected from None
