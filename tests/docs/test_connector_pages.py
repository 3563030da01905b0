"""docs/connectors is what the connectors' manifests say, and its examples work."""

import re
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from connectors import REGISTRY, connector
from hub.ingest.plan import plan
from hub.model.area import parse_area
from hub.settings import Settings, area_text
from liandong.cli import feeds
from liandong.cli.feeds_docs import pages
from tests.contract.mutations import parse, samples_of

DOCS = Path(__file__).parents[2] / "docs"
AREA = parse_area(area_text("shanghai-railway-station"))


def _page(kind: str) -> str:
    return (DOCS / "connectors" / f"{kind}.md").read_text(encoding="utf-8")


def test_the_pages_are_the_generated_ones():
    """On failure run `liandong feed docs --out docs/connectors` and commit what it wrote."""
    committed = {path.stem: _page(path.stem) for path in (DOCS / "connectors").glob("*.md")}
    assert committed == pages()


@pytest.mark.parametrize("kind", REGISTRY)
def test_the_example_of_a_page_can_be_run(kind):
    """Each example loads as settings and passes the validation a feed passes at start."""
    (example,) = re.findall(r"```toml\n(.*?)```", _page(kind), re.DOTALL)
    (feed,) = Settings.model_validate(tomllib.loads(example)).feeds
    assert plan(feed, connector, AREA).connector.manifest.kind == feed.kind == kind


@pytest.mark.samples
@pytest.mark.parametrize("kind", REGISTRY)
def test_the_example_of_a_page_reads_a_sample(kind):
    """As it stands on the page, the configuration reads a real payload of its kind."""
    (example,) = re.findall(r"```toml\n(.*?)```", _page(kind), re.DOTALL)
    (feed,) = Settings.model_validate(tomllib.loads(example)).feeds
    one = plan(feed, connector, AREA)
    _, body = next(iter(samples_of(kind)))
    assert parse(one.connector, body, one.context).entities


@pytest.mark.parametrize("kind", REGISTRY)
def test_a_page_says_what_every_option_does(kind):
    """An option nobody described, or whose description its row does not show, fails here."""
    described = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", _page(kind), re.MULTILINE))
    for name, field in connector(kind).manifest.config.model_fields.items():
        assert len(field.description or "") > 20, name
        assert described[name] == (field.description or "").replace("|", "\\|"), name


@pytest.mark.parametrize("kind", REGISTRY)
def test_a_page_says_what_is_read_dropped_and_refused(kind):
    """Each of the three rows is there and says something; every reason has its meaning."""
    rows = dict(re.findall(r"^\| (reads|drops|refuses for) \| (.+) \|$", _page(kind), re.MULTILINE))
    assert set(rows) == {"reads", "drops", "refuses for"}
    reasons = re.findall(r"`([A-Z_]+)`", rows["refuses for"])
    assert set(reasons) == {str(reason) for reason in connector(kind).manifest.refuses}
    assert {"NOT_DECODABLE", "TOO_LARGE"} <= set(reasons)


@pytest.mark.parametrize("kind", REGISTRY)
def test_a_page_names_every_option_and_is_linked(kind):
    """Every key of the kind's options has its row, and docs/feeds.md leads to the page."""
    rows = set(re.findall(r"^\| `(\w+)` \|", _page(kind), re.MULTILINE)) - {"static_url"}
    assert rows == set(connector(kind).manifest.config.model_fields)
    assert f"](connectors/{kind}.md)" in (DOCS / "feeds.md").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    """A file where the folder should be is refused, with the option and the reason."""
    taken = tmp_path / "taken"
    taken.write_text("")
    app = typer.Typer()
    feeds.register(app)
    outcome = CliRunner().invoke(app, ["feed", "docs", "--out", str(taken)])
    assert outcome.exit_code != 0
    assert "--out" in str(outcome.exception)
    assert "\n" not in str(outcome.exception)
