"""docs/feeds.md and docs/add-a-connector.md say what the code says."""

import re
from pathlib import Path

from connectors import REGISTRY, connector
from hub.errors import Reason
from hub.settings import FeedSettings

DOCS = Path(__file__).parents[2] / "docs"
FEEDS = (DOCS / "feeds.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- kinds: begin -->\n", "<!-- kinds: end -->"


def table() -> str:
    """The connector table, generated from the manifests."""
    lines = [
        "| kind | standard | modes | arrives by | stale, unknown after | reads | drops |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in REGISTRY:
        manifest = connector(kind).manifest
        cells = (
            f"`{kind}`",
            manifest.standard,
            ", ".join(sorted(manifest.modes)),
            "poll" if manifest.role == "POLL" else "TCP, the hub is the server",
            f"{manifest.fresh_for}, {manifest.expires_after}",
            manifest.reads,
            manifest.drops,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_kinds_is_the_registry_s() -> None:
    """The table between the markers is generated; on failure, put the left side there."""
    assert FEEDS.partition(BEGIN)[2].partition(END)[0] == table()


def test_every_key_is_described() -> None:
    """Every key of [[feeds]] stands in docs/feeds.md, and no other; options on the kinds' pages."""
    described = set(re.findall(r"^\| `(\w+)` \|", FEEDS, re.MULTILINE)) - set(REGISTRY)
    assert described == set(FeedSettings.model_fields)


def test_every_reason_is_described() -> None:
    """Reject reasons are public: each stands in docs/feeds.md with its meaning."""
    lines = re.findall(r"^- (`[A-Z_]+`(?:, `[A-Z_]+`)*): ", FEEDS, re.MULTILINE)
    described = set(re.findall(r"[A-Z_]+", " ".join(lines)))
    assert described == {str(reason) for reason in Reason}


def test_the_guide_names_files_that_exist() -> None:
    """Every file of the project that docs/add-a-connector.md points to is there."""
    guide = (DOCS / "add-a-connector.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:hub|connectors|tests|docs)/[\w/.]+\.(?:py|md))`", guide)
    assert named
    assert [name for name in named if not (DOCS.parent / name).is_file()] == []
