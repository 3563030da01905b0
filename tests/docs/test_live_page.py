"""docs/live.md says what is: every live query, every bound with its default."""

import re
from pathlib import Path

from hub.settings import AccessSettings, HubSettings
from schema.live.limits import LiveLimits
from schema.root import build_schema, graphql_schema

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
SECTIONS = {"access": AccessSettings, "hub": HubSettings}


def test_every_live_query_is_named():
    """Those that there are, and no others."""
    root = graphql_schema(build_schema()).subscription_type
    assert root is not None
    named = re.findall(r"`(\w+)`", PAGE.partition("It takes the query")[0])
    assert sorted(named) == sorted(root.fields)


def test_every_bound_is_named_with_its_default():
    """As the settings have it, and as the engine has it without settings."""
    rows = re.findall(r"\| `\[(\w+)\] (\w+)` \| (\d+) \|", PAGE)
    limits = LiveLimits()
    assert len(rows) == len(LiveLimits.__dataclass_fields__)
    for section, key, value in rows:
        default = SECTIONS[section].model_fields[key].default
        name = key.removeprefix("live_")
        assert int(value) == default == getattr(limits, name)
