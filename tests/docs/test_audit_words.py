"""The console has words for whatever the audit log may say."""

import re
from pathlib import Path

from hub.operations import capabilities

ACTS = Path("web/console/src/admin/acts.ts")
MANUAL = Path("docs/audit.md")
WORD = re.compile(r"`([a-z][A-Za-z]*\.[a-z][A-Za-z]*)`")


def told() -> set[str]:
    """The hub's own list: what capabilities declare, and the manual's of everything else."""
    declared = {act for one in capabilities().values() for act in (*one.acts, *one.field_actions)}
    text = MANUAL.read_text(encoding="utf-8")
    begin = text.index("What people do, by its `action`")
    end = text.index("What is not on it, and why:")
    return declared | set(WORD.findall(text[begin:end]))


def test_each_action_has_words_in_both_languages() -> None:
    table = ACTS.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^  '([\w.]+)': (\[.+\]),$", table, re.MULTILINE))
    assert set(rows) == told()
    for action, pair in rows.items():
        zh, en = re.findall(r"""'([^']+)'|"([^"]+)\"""", pair)
        assert re.search(r"[\u4e00-\u9fff]", "".join(zh)), action
        assert not re.search(r"[\u4e00-\u9fff]", "".join(en)), action
