"""Documents the hub knows beforehand: its own apps send a hash, and the hub has the text.

The map is committed (`schema/documents.json`, made by `make web-types`): what an app asks is read
there, and a screen costs no parsing of a text it sends. Source: GraphQL over HTTP, appendix A
(persisted documents).
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson


@cache
def trusted() -> Mapping[str, str]:
    """The texts of the trusted documents by `sha256:...`."""
    text = files("schema").joinpath("documents.json").read_bytes()
    known: dict[str, str] = orjson.loads(text)
    return known
