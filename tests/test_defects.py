"""What is worked around is counted, and a kind of it is said once."""

import pytest
import structlog.testing

from hub import defects
from hub.defects import worked_around
from hub.errors import RetryLater
from liandong.observe import metrics_text, show_processes


def expected(error: Exception) -> bool:
    """As of the database: it passes."""
    return isinstance(error, RetryLater)


def fail(where: str, error: Exception) -> None:
    """A failure in a place."""
    with worked_around(where, expected=expected):
        raise error


def test_the_first_of_a_kind_is_said_and_each_is_counted() -> None:
    """A kind is a place and a type; the traceback is in the log."""
    before = defects.total()
    with structlog.testing.capture_logs() as logs:
        for text in ("one", "two"):
            fail("here", ValueError(text))
        fail("here", TypeError("three"))
        fail("there", ValueError("four"))
    assert defects.total() == before + 4
    assert [(line["event"], line["where"]) for line in logs] == [
        ("defect.worked_around", "here"),
        ("defect.worked_around", "here"),
        ("defect.worked_around", "there"),
    ]
    assert all(line["exc_info"] for line in logs)


def test_what_is_expected_is_neither() -> None:
    """An election says itself elsewhere."""
    before = defects.total()
    with structlog.testing.capture_logs() as logs:
        fail("here", RetryLater("electing"))
    assert (defects.total(), logs) == (before, [])


def test_what_ends_the_process_ends_it() -> None:
    """Only failures are worked around."""
    with pytest.raises(KeyboardInterrupt), worked_around("here", expected=expected):
        raise KeyboardInterrupt


def test_the_metrics_show_how_many() -> None:
    """By process."""
    show_processes([("api-1", ("api",), True, {"defects": 3})])
    assert b'liandong_defects{process="api-1"} 3.0' in metrics_text()
    show_processes([])
