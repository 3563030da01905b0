"""SIRI-Lite's JSON: the tree of the XML as objects, repeated elements as lists."""

from typing import Any

import orjson
from lxml import etree

from sandbox.wire.siri import LANGUAGE


def as_json(root: etree._Element) -> bytes:
    """The document."""
    return orjson.dumps({"Siri": _value(root)})


def _value(element: etree._Element) -> Any:  # noqa: ANN401  # whatever JSON can hold
    language = element.get(LANGUAGE)
    if language is not None:
        return {"value": element.text or "", "lang": language}
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for inner in element:
        name, value = etree.QName(inner).localname, _value(inner)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
