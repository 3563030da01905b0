"""A sandbox as its own process, started on a free port and ended through its standard input."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx2

SIRI = "http://www.siri.org.uk/siri"


@dataclass
class SandboxProcess:
    """A running sandbox: its process and its base URL."""

    process: asyncio.subprocess.Process
    url: str
    data_dir: Path

    @classmethod
    async def start(cls, data_dir: Path, *arguments: str) -> "SandboxProcess":
        """Start it and wait for its `ready` line."""
        process = await launch(
            "--port", "0", "--data-dir", str(data_dir), "--until-stdin-closes", *arguments
        )
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        if not line.startswith("ready http://127.0.0.1:"):
            _, errors = await process.communicate()
            raise AssertionError(f"no ready line: {line!r} {errors.decode()}")
        return cls(process, line.split()[1], data_dir)

    async def stop(self) -> int:
        """Close its standard input and wait for its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.process.wait()

    def client(self, timeout: float = 20) -> httpx2.AsyncClient:
        """An HTTP client for it; without TLS, so that no certificates are read for every test."""
        return httpx2.AsyncClient(base_url=self.url, timeout=timeout, verify=False)

    async def control(self, **order: object) -> httpx2.Response:
        """POST /control."""
        async with self.client() as client:
            return await client.post("/control", json=order)


async def launch(*arguments: str) -> asyncio.subprocess.Process:
    """`python -m sandbox` with these arguments, its streams piped."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, stdin=pipe, stdout=pipe, stderr=pipe
    )


def siri_request(service: str, inside: str = "", reference: str = "") -> str:
    """A ServiceRequest for one service."""
    identifier = f"<MessageIdentifier>{reference}</MessageIdentifier>" if reference else ""
    return (
        f'<Siri xmlns="{SIRI}" version="2.0"><ServiceRequest>{identifier}'
        f'<{service} version="2.0">{inside}</{service}></ServiceRequest></Siri>'
    )
