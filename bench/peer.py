"""Peers: Node servers that do the same work, started on a free port."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psutil

HERE = Path(__file__).parent / "peers"


def prepared() -> bool:
    """Install the peers once; False where there is no Node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    if not (HERE / "node_modules").is_dir():
        print("installing the peers ...")
        subprocess.run(
            ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"],
            cwd=HERE,
            check=True,
        )
    return True


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Peer:
    """One Node server: `script PORT ARGUMENTS`, ready when it prints a line."""

    def __init__(self, script: str, *arguments: str, cores: str | None = None) -> None:
        self.port = free_port()
        pin = ["taskset", "-c", cores] if cores and shutil.which("taskset") else []
        self.process = subprocess.Popen(
            [*pin, "node", str(HERE / script), str(self.port), *arguments],
            stdout=subprocess.PIPE,
            env={"NODE_ENV": "production", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        )

    def __enter__(self) -> "Peer":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the peer did not start: {self.process.wait()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def cpu_seconds(pid: int) -> float:
    """User and system CPU so far of a process and those it started."""
    return sum(sum(one.cpu_times()[:2]) for one in _family(pid))


def resident_mb(pid: int) -> float:
    """Memory of a process and those it started: what they share counts once (PSS)."""
    return sum(one.memory_full_info().pss for one in _family(pid)) / 1024**2


def peak_mb(pid: int) -> float:
    """The most resident memory one of them has had."""
    return max(_high_water_mb(one.pid) for one in _family(pid))


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _high_water_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def machine() -> str:
    """What it was measured on, for RESULTS.md."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
    return json.dumps({"cpu": model, "at": time.strftime("%Y-%m-%d")})
