"""docs/feeds.md and docs/add-a-connector.md say what the code says."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from connectors import REGISTRY, connector
from hub.errors import Reason
from hub.model.feeds import FeedState

DOCS = Path(__file__).parents[2] / "docs"
FEEDS = (DOCS / "feeds.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- kinds: begin -->\n", "<!-- kinds: end -->"


def table() -> str:
    """The connector table, generated from the manifests."""
    lines = [
        "| kind | standard | modes | arrives by | stale, unknown after |",
        "|---|---|---|---|---|",
    ]
    for kind in REGISTRY:
        manifest = connector(kind).manifest
        arrives = "poll" if manifest.transport == "POLL" else "TCP, the hub is the server"
        cells = (
            f"[`{kind}`](connectors/{kind}.md)",
            manifest.standard,
            ", ".join(sorted(manifest.modes)),
            arrives if connector(kind).accept is None else f"{arrives}, or pushed",
            ", ".join(span(age) for age in (manifest.fresh_for, manifest.expires_after)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def span(age: timedelta) -> str:
    """In the largest unit that is whole."""
    seconds = int(age.total_seconds())
    size, unit = next(one for one in ((86_400, "d"), (60, "min"), (1, "s")) if not seconds % one[0])
    return f"{seconds // size} {unit}"


def test_the_table_of_kinds_is_the_registry_s() -> None:
    """The table between the markers is generated; on failure, put the left side there."""
    assert FEEDS.partition(BEGIN)[2].partition(END)[0] == table()


def test_every_state_of_a_feed_is_described() -> None:
    """Health is public: each state stands in docs/feeds.md with its meaning."""
    part = FEEDS.partition("\n## Health of a feed\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([A-Z_]+) \| ", part, re.MULTILINE) == list(FeedState)


def test_the_pages_of_kinds_name_sections_that_exist() -> None:
    """What a page of a kind says to see in docs/feeds.md is a heading there."""
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "connectors").glob("*.md")]
    named = re.findall(r"see ([A-Z][\w ]+) in \[feeds\.md\]", "".join(pages))
    assert named
    assert set(named) <= set(re.findall(r"^##+ (.+)$", FEEDS, re.MULTILINE))


def test_every_reason_is_described() -> None:
    """Reject reasons are public: each stands in docs/feeds.md with its meaning."""
    lines = re.findall(r"^- (`[A-Z_]+`(?:, `[A-Z_]+`)*): ", FEEDS, re.MULTILINE)
    described = set(re.findall(r"[A-Z_]+", " ".join(lines)))
    assert described == {str(reason) for reason in Reason}


@pytest.mark.parametrize("name", ["add-a-connector.md", "add-a-capability.md"])
def test_the_guide_names_files_that_exist(name: str) -> None:
    """Every file of the project that a guide points to is there."""
    guide = (DOCS / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:hub|schema|connectors|tests|docs)/[\w/.]+\.(?:py|md))`", guide)
    named = [one for one in named if "notes" not in one]  # the guide's own example
    assert named
    assert [name for name in named if not (DOCS.parent / name).is_file()] == []
