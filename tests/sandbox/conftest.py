"""One sandbox process for the tests that only look at it; others start their own."""

from collections.abc import AsyncIterator

import pytest
from sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    """A sandbox without taxis, in its default scenario."""
    started = await SandboxProcess.start(tmp_path_factory.mktemp("sandbox"), "--taxis", "0")
    yield started
    assert await started.stop() == 0
