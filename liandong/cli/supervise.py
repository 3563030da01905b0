"""What `up` does: embedded MongoDB, sandbox and hub as processes, kept running until Ctrl-C.

The hub (itself several processes: `liandong/parts.py`) and the sandbox end when this process ends,
however it ends: they watch their standard input, which is our pipe. The database is left running by
a kill -9 and found again by the next `up`. A hub that dies is started again; a configuration it
refuses ends everything with its line.
"""

import fcntl
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import psutil
from rich.console import Console

from hub.access.demo import PASSWORD as DEMO_PASSWORD
from hub.errors import StartError
from hub.files import replace
from hub.settings import HubSettings, child_environment
from liandong.cli.common import GENERATED, facts_of

REFUSED = 2
READY_WITHIN = 120.0
PARTS_WITHIN = 10.0
ASK_EVERY = 1.0
"""Seconds between two looks at a hub that was started again: each costs its database a write."""
_ROLES = {"api": "接口", "ingest": "接入", "dispatch": "派发"}
_CONFIG = """\
# Written by `liandong up` at every start: the sandbox's feeds, for trying out. For service, copy
# it, change the addresses, and start `liandong serve --config YOUR.toml`.
[hub]
host = "{host}"
port = {port}
data_dir = "{data_dir}"
area = "{area}"
{clock}
[push.fcm]
credentials = "{credentials}"
endpoint = "{sandbox}/fcm"

[push.webpush]
contact = "mailto:watch@example.org"

[[feeds]]
id = "railway-timetable"
kind = "gtfs"
mode = "RAIL"
dataset = "railway"
url = "{sandbox}/railway/gtfs.zip"
interval = 300
allow_private = true

[[feeds]]
id = "railway-et"
kind = "siri_et"
mode = "RAIL"
dataset = "railway"
url = "{sandbox}/railway/siri"
static_url = "{sandbox}/railway/gtfs.zip"
interval = 5
allow_private = true

[[feeds]]
id = "railway-sx"
kind = "siri_sx"
mode = "RAIL"
dataset = "railway"
url = "{sandbox}/railway/siri"
interval = 15
allow_private = true

[[feeds]]
id = "metro-timetable"
kind = "gtfs"
mode = "METRO"
dataset = "metro"
url = "{sandbox}/metro/gtfs.zip"
interval = 300
allow_private = true

[[feeds]]
id = "metro-rt"
kind = "gtfs_rt"
mode = "METRO"
dataset = "metro"
url = "{sandbox}/metro/gtfs-rt.pb"
static_url = "{sandbox}/metro/gtfs.zip"
interval = 5
allow_private = true

[[feeds]]
id = "coach-timetable"
kind = "gtfs"
mode = "COACH"
dataset = "coach"
url = "{sandbox}/coach/gtfs.zip"
interval = 300
allow_private = true

[[feeds]]
id = "coach-rt"
kind = "gtfs_rt"
mode = "COACH"
dataset = "coach"
url = "{sandbox}/coach/gtfs-rt.pb"
static_url = "{sandbox}/coach/gtfs.zip"
interval = 10
allow_private = true

[[feeds]]
id = "garages"
kind = "datex2_parking"
dataset = "garages"
url = "{sandbox}/parking/static.xml"
interval = 300
allow_private = true

[[feeds]]
id = "garages-now"
kind = "datex2_parking"
dataset = "garages"
url = "{sandbox}/parking/dynamic.xml"
static_url = "{sandbox}/parking/static.xml"
interval = 30
allow_private = true

[[feeds]]
id = "weather"
kind = "cap"
dataset = "weather"
url = "{sandbox}/alerts/cap.atom"
interval = 30
allow_private = true

[[feeds]]
id = "taxi"
kind = "jtt905"
mode = "TAXI"
dataset = "taxi"
listen = "127.0.0.1:{taxi_port}"
"""
_BANNER = """
联动已就绪 Liandong is ready · 沙盒数据，位置为示意 sandbox data, positions are illustrative
  席位 console {address}/console/  队员端 app {address}/app/
  GraphQL     {address}/graphql  (浏览器打开 open it in a browser)
  移动 mobile  {address}/mobile/v1/openapi.json
  状态 status  {address}/readyz  {address}/metrics
  沙盒 sandbox {sandbox}/
  演示账号 demo logins: admin commander watch liaison officer1 … officer40 partner
  密码 password: {password}
  试一试，在另一终端 try, in another terminal:
    {there}
    curl -s {address}/graphql -H 'content-type: application/json' \\
      -H "authorization: Bearer $({liandong} token issue watch)" \\
      -d '{{"query":"{{departures(stopPlace:\\"railway:SHH\\",first:3){query}}}"}}'
    {liandong} watch board
    {liandong} demo phone officer1
  {hub}
  拔掉试试 pull the plug with kill -9, of all or of one: it comes back. Ctrl-C 停止 stops all.
"""


class Up:
    """One run of `up`."""

    def __init__(
        self, hub: HubSettings, *, scenario: str | None, taxis: int, speed: float = 1
    ) -> None:
        self.hub = hub
        self.data_dir = hub.data_dir.resolve()
        self.scenario = scenario
        self.taxis = taxis
        self.speed = speed
        self.console = Console(stderr=True)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.address = f"http://{hub.host}:{hub.port}"
        self.sandbox = ""
        self.embedded_here = False
        self.stopping = False

    def run(self) -> None:
        """Start everything and stay until told to end. Raises StartError."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = self._lock()
        if lock is None:
            self._already_running()
            return
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: self._stop())
        try:
            self._need_port()
            self.embedded_here = self._database()
            self._sandbox()
            self._hub()
            self._await_ready()
            self._banner()
            self._keep()
        except KeyboardInterrupt:
            pass
        finally:
            self.console.print("正在停止 stopping ...")
            self._end_children()
            (self.data_dir / "up.json").unlink(missing_ok=True)
            if self.embedded_here:
                from hub.store import embedded

                embedded.stop(self.data_dir)
            lock.close()

    def _lock(self) -> "IO[str] | None":
        handle = (self.data_dir / "up.lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return None
        return handle

    def _already_running(self) -> None:
        facts = facts_of(self.data_dir)
        self.address = facts.get("hub", self.address)
        self.console.print(
            f"已在运行 already running: {self.address} (up pid {facts.get('up_pid')})\n"
            f"  {_hub_line(facts.get('hub_pid'), self._living())}\n"
            f"停止 end it: {_program()} down",
            soft_wrap=True,
        )

    def _need_port(self) -> None:
        if not _free(self.hub.host, self.hub.port):
            raise StartError(
                f"端口已被占用 Port {self.hub.port} is in use.",
                hint=f"另选 free it, or choose another: LIANDONG_PORT={self.hub.port + 1} make run",
            )

    def _database(self) -> bool:
        if self.hub.mongodb_uri:
            self.console.print("数据库 database: LIANDONG_MONGODB_URI")
            return False
        from hub.store import embedded

        self.console.print("数据库 embedded MongoDB ...")
        embedded.ensure(self.data_dir)
        return True

    def _sandbox(self) -> None:
        if not self.sandbox:
            self.sandbox_port = _pick("127.0.0.1", self.hub.port + 90)
            self.taxi_port = _pick("127.0.0.1", self.hub.port + 905)
            self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.console.print("沙盒 sandbox ...")
        command = [
            *(sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port)),
            *("--taxi", f"127.0.0.1:{self.taxi_port}", "--taxis", str(self.taxis)),
            *("--data-dir", str(self.data_dir), "--until-stdin-closes"),
            *(("--scenario", self.scenario) if self.scenario else ()),
            *("--speed", f"{self.speed:g}"),
        ]
        child = self._start("sandbox", command, stdout=subprocess.PIPE)
        line = child.stdout.readline().decode() if child.stdout else ""
        if not line.startswith("ready"):
            raise StartError(
                f"沙盒未能启动 The sandbox did not start: {line.strip() or 'see its lines above'}.",
                hint="单独试试 try it alone: liandong sandbox",
            )

    def _hub(self) -> None:
        config = self.data_dir / GENERATED
        replace(
            config,
            _CONFIG.format(
                host=self.hub.host,
                port=self.hub.port,
                data_dir=self.data_dir.as_posix(),
                area=self.hub.area,
                clock=f'clock_url = "{self.sandbox}/clock"\n' if self.speed != 1 else "",
                credentials=(self.data_dir / "sandbox" / "service-account.json").as_posix(),
                sandbox=self.sandbox,
                taxi_port=self.taxi_port,
            ),
        )
        command = [
            *(sys.executable, "-m", "liandong.cli", "serve", "--config", str(config)),
            "--until-stdin-closes",
        ]
        self._start("hub", command)
        facts = {
            "hub": self.address,
            "sandbox": self.sandbox,
            "up_pid": os.getpid(),
            "hub_pid": self.children["hub"].pid,
            "sandbox_pid": self.children["sandbox"].pid,
        }
        replace(self.data_dir / "up.json", json.dumps(facts))

    def _start(
        self, name: str, command: list[str], *, stdout: int | None = None
    ) -> "subprocess.Popen[bytes]":
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and modules
            command,
            stdin=subprocess.PIPE,
            stdout=stdout,
            env=child_environment(LIANDONG_DATA_DIR=str(self.data_dir)),
            start_new_session=True,
        )
        self.children[name] = child
        return child

    def _await_ready(self) -> None:
        self.console.print("中枢 hub ...")
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            code = self.children["hub"].poll()
            if code is not None:
                raise StartError(
                    f"中枢已终止，原因见上 The hub ended with {code}; its reason stands above."
                )
            if _read(f"{self.address}/readyz") is not None:
                return
            time.sleep(0.1)
        raise StartError(
            f"中枢未就绪 The hub was not ready within {READY_WITHIN:.0f} s.",
            hint=f"请看 look at {self.address}/readyz and the lines above.",
        )

    def _banner(self) -> None:
        there = f"cd {shlex.quote(str(Path.cwd()))}"
        if self.data_dir != Path(".liandong").resolve():
            there += f" && export LIANDONG_DATA_DIR={shlex.quote(str(self.data_dir))}"
        print(  # noqa: T201  # what the user asked for
            _BANNER.format(
                address=self.address,
                query="{nodes{expectedDeparture status journey{publicCode destination}}}",
                sandbox=self.sandbox,
                password=DEMO_PASSWORD,
                liandong=_program(),
                there=there,
                hub=_hub_line(self.children["hub"].pid, self._parts()),
            ),
            flush=True,
        )

    def _parts(self) -> dict[str, int]:
        """The processes of the hub, those that say within a while that they live."""
        deadline = time.monotonic() + PARTS_WITHIN
        while (living := self._living()).keys() != _ROLES.keys() and time.monotonic() < deadline:
            time.sleep(0.1)
        return living

    def _living(self) -> dict[str, int]:
        """The process ids of the hub's parts here by role, of those that live now."""
        told = (_read(f"{self.address}/readyz") or {}).get("processes", ())
        return {
            part["name"]: part["pid"]
            for part in told
            if part["state"] == "UP" and psutil.pid_exists(part["pid"])
        }

    def _tell_again(self, hub: "subprocess.Popen[bytes]") -> None:
        """The hub was started again: its new process ids, once all of it runs, while it does."""
        while hub.poll() is None:
            living = self._living()
            if living.keys() == _ROLES.keys():
                self.console.print(_hub_line(hub.pid, living), soft_wrap=True)
                return
            time.sleep(ASK_EVERY)

    def _keep(self) -> None:
        """Start again what dies, until told to stop. A refused configuration is not retried."""
        deaths: list[float] = []
        while not self.stopping:
            time.sleep(0.2)
            self._revive_database()
            for name, child in list(self.children.items()):
                code = child.poll()
                if code is None or self.stopping:
                    continue
                deaths = [moment for moment in deaths if time.monotonic() - moment < 60]
                deaths.append(time.monotonic())
                if code == REFUSED or len(deaths) > 10:
                    raise StartError(
                        f"{name} 已终止，不再启动 ended with {code} and will not start again."
                    )
                self.console.print(
                    f"[yellow]{name} 已终止 ended ({code}); 重新启动 starting again[/yellow]"
                )
                if name == "sandbox":
                    self._sandbox()
                    continue
                self._hub()
                # beside the watch, which a hub that answers nothing must not hold up
                told = (self.children[name],)
                threading.Thread(target=self._tell_again, args=told, daemon=True).start()

    def _revive_database(self) -> None:
        """Start the embedded database again on its files and port, should it have died."""
        if not self.embedded_here:
            return
        from hub.store import embedded

        if not embedded.alive(self.data_dir):
            self.console.print("[yellow]数据库已终止 mongod ended; 重启 restarting[/yellow]")
            embedded.ensure(self.data_dir)

    def _stop(self) -> None:
        self.stopping = True

    def _end_children(self) -> None:
        """The hub first, so that it does not see its feeds go; each gets time to finish."""
        for child in reversed(self.children.values()):
            child.terminate()
            try:
                child.wait(timeout=12)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def end_running(data_dir: Path) -> int | None:
    """End the `up` of this data directory and wait for it; its process id, None if none runs."""
    pid: int | None = facts_of(data_dir).get("up_pid")
    if not pid or not psutil.pid_exists(pid):
        return None
    process = psutil.Process(pid)
    if "up" not in process.cmdline():
        return None
    process.terminate()
    process.wait(timeout=30)
    return pid


def _hub_line(pid: int | None, parts: Mapping[str, int]) -> str:
    """Which processes the hub is, for people."""
    each = " + ".join(f"{_ROLES.get(name, '')} {name} {own}" for name, own in parts.items())
    return f"中枢 hub pid {pid} = {each or '尚未就绪 not ready yet'}"


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _pick(host: str, preferred: int) -> int:
    """The preferred port if it is free, else some free one."""
    if preferred <= 65535 and _free(host, preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _read(url: str) -> dict[str, Any] | None:
    """The JSON object there; None while it does not answer, or not with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # our own address
            found: dict[str, Any] = json.load(response)
    except (OSError, ValueError):
        return None
    return found


def _program() -> str:
    """How `liandong` is typed from here."""
    path = Path(sys.executable).parent / "liandong"
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
