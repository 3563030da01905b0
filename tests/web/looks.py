"""How a page looks to a person: nothing cut off at its side, nothing that axe finds serious."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path("web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
RUN = """(but) => axe.run({ include: [document], exclude: but }, { preload: false })
  .then((result) => result.violations)"""


async def serious(page: Page, *but: str) -> list[Any]:
    """What is wrong with how the page is shown now, its width among it.

    `but` are selectors of what others made, which is not looked into.
    """
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    await page.evaluate(AXE)
    found = await page.evaluate(RUN, [[one] for one in but])
    graves = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    return [*([("wider than the window", wider)] if wider > 0 else []), *graves]
