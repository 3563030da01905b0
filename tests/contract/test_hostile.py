"""The hostile run: mutilated samples and bombs end in a batch or a reason, soon and in bounds."""

import json
import os
import subprocess
import sys
from collections import defaultdict

import pytest

from connectors import REGISTRY
from tests.contract.hostile_run import EMPTIED, GZIP, Line
from tests.contract.mutations import PROJECT, readable, sample

pytestmark = [pytest.mark.samples, pytest.mark.slow, pytest.mark.timeout(600)]

MEGABYTES = 100
SECONDS = 5
"""Of CPU: a guard against what hangs. Nothing takes two."""
KINDS = sorted(REGISTRY)


@pytest.fixture(scope="module")
def lines() -> dict[str, list[Line]]:
    """What came of every payload, by kind; read once, in a process of its own."""
    sample(readable("cap")[0])  # skips where there are no samples
    ran = subprocess.run(
        [sys.executable, "-m", "tests.contract.hostile_run"],
        cwd=PROJECT,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[Line]] = defaultdict(list)
    for text in ran.stdout.splitlines():
        line = Line(**json.loads(text))
        found[line.kind].append(line)
    assert ran.returncode == 0, f"the run ended with {ran.returncode}: {ran.stderr[-2000:]}"
    return found


@pytest.mark.parametrize("kind", [*KINDS, GZIP])
def test_hostile_bytes_end_in_a_batch_or_a_reason(kind: str, lines: dict[str, list[Line]]) -> None:
    """No exception but PayloadError, and no part of a message is taken for an empty whole."""
    bad = [
        (line.what, number, outcome)
        for line in lines[kind]
        for number, outcome in enumerate(line.outcomes)
        if outcome.startswith(("raised", EMPTIED))
    ]
    assert not bad


@pytest.mark.parametrize("kind", [*KINDS, GZIP])
def test_hostile_bytes_cost_little(kind: str, lines: dict[str, list[Line]]) -> None:
    """While one is read memory grows by less than 100 MB, and it is read within seconds."""
    bad = [
        (line.what, round(line.grown), round(line.seconds, 1))
        for line in lines[kind]
        if line.grown >= MEGABYTES or line.seconds >= SECONDS
    ]
    assert not bad


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_was_mutilated(kind: str, lines: dict[str, list[Line]]) -> None:
    """Each sample at fifty places and more, and bombs of the kind's own format."""
    cut = {line.what: line for line in lines[kind] if line.what.endswith(": cut off")}
    assert cut.keys() == {f"{name}: cut off" for name in readable(kind)}
    assert all(len(line.outcomes) > 50 for line in cut.values())
    assert len(lines[kind]) > 4 * len(cut) + 10
