"""The schema against that of the last tag: what breaks a client is a decision."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from graphql import build_schema

import schema
from hub.errors import StartError
from liandong.cli.changes import decided, kept
from schema.changes import compare, reasons
from tests.cli.test_errors import liandong

BEFORE = "type Query { rank(id: Int): Int modes: [Mode!] } enum Mode { RAIL METRO }"
BROKEN = "type Query { rank: Int modes: [Mode!] } enum Mode { RAIL METRO }"
GREW = "type Query { rank(id: Int): Int modes: [Mode!] feeds: Int } enum Mode { RAIL METRO BUS }"
LOST = "Argument Query.rank(id:) was removed."
DECIDED = f'[[breaking]]\nwhy = "One rank is left."\nchanges = ["{LOST}"]\n'

Git = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A schema as the project has it, in nothing but a folder."""
    folder = tmp_path / "project" / "schema"
    folder.mkdir(parents=True)
    write(folder, BEFORE)
    return folder


@pytest.fixture
def git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Run git where the project is; the machine's and a hook's settings do not count."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parents[1]))
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]

    def run(*arguments: str) -> None:
        subprocess.run(["git", *who, *arguments], cwd=folder.parent, check=True)

    return run


def write(folder: Path, sdl: str, decided: str = "") -> None:
    (folder / "schema.graphql").write_text(sdl, encoding="utf-8")
    (folder / "breaking.toml").write_text(decided, encoding="utf-8")


def tagged(git: Git, tag: str = "v1.0.0") -> None:
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "as it is")
    git("tag", tag)


def test_a_break_since_the_last_tag_fails(folder, git, capsys):
    """It is named, with what to do."""
    tagged(git)
    write(folder, BROKEN)
    assert not decided(folder)
    said = capsys.readouterr()
    assert "v1.0.0" in said.out
    assert f"breaking: {LOST}" in said.out
    assert "schema/breaking.toml" in said.err


def test_a_break_with_a_reason_passes_and_no_other_does(folder, git, capsys):
    """The file lets through what it names."""
    tagged(git)
    write(folder, BROKEN, DECIDED)
    assert decided(folder)
    assert "One rank is left." in capsys.readouterr().out
    write(folder, "type Query { rank: Int }", DECIDED)
    assert not decided(folder)
    said = capsys.readouterr().out
    assert f"decided: One rank is left.\n    {LOST}" in said
    assert "breaking: Field Query.modes was removed." in said


def test_a_reason_is_used_up_by_the_next_tag(folder, git, capsys):
    """It is told to be left out; the same break of another field needs its own."""
    tagged(git)
    write(folder, BROKEN, DECIDED)
    git("commit", "--quiet", "--all", "--message", "broken")
    git("tag", "v2.0.0")
    assert decided(folder)
    said = capsys.readouterr().out
    assert "v2.0.0" in said
    assert f"leave it out: {LOST}" in said


def test_what_is_added_passes_and_what_is_risky_is_told(folder, git, capsys):
    """A field more is nothing; a value more is dangerous for those who expect no other."""
    tagged(git)
    write(folder, GREW)
    assert decided(folder)
    said = capsys.readouterr().out
    assert "dangerous: Enum value Mode.BUS was added." in said
    assert "feeds" not in said


def test_without_anything_earlier_it_says_so_and_passes(folder, git, capsys, monkeypatch):
    """In no checkout, before the first tag, of a tag without a schema, without git."""
    write(folder, BROKEN)
    assert decided(folder)
    assert "not a git repository" in capsys.readouterr().out
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "nothing")
    assert decided(folder)
    assert "nothing to compare" in capsys.readouterr().out
    git("tag", "v0.1.0")
    assert decided(folder)
    assert "nothing to compare" in capsys.readouterr().out
    monkeypatch.setenv("PATH", "")
    assert decided(folder)
    assert "nothing to compare" in capsys.readouterr().out


def test_another_repository_around_the_project_does_not_count(folder, git, capsys):
    """Unpacked inside somebody's checkout, whose tags have no schema of ours."""
    git("init", "--quiet", "..")
    git("-C", "..", "commit", "--quiet", "--allow-empty", "--message", "theirs")
    git("-C", "..", "tag", "theirs-9")
    write(folder, BROKEN)
    assert decided(folder)
    assert "nothing to compare" in capsys.readouterr().out


def test_a_reason_breaks_a_client_no_less(folder, tmp_path, capsys):
    """Compared with the schema of a client's own, it is told, and is no excuse."""
    old = tmp_path / "old.graphql"
    old.write_text(BEFORE, encoding="utf-8")
    assert kept(folder, old)
    write(folder, BROKEN, DECIDED)
    assert not kept(folder, old)
    assert f"One rank is left.\n    {LOST}" in capsys.readouterr().out


def test_a_partner_compares_with_a_file(tmp_path):
    """Exit 1 when it breaks, 0 when not; what is no schema is one line."""
    old = tmp_path / "old.graphql"
    old.write_text("type Query { gone: Int }", encoding="utf-8")
    code, out, _ = liandong("schema", "changes", str(old), data_dir=tmp_path)
    assert code == 1
    assert "Field Query.gone was removed." in out
    _, now, _ = liandong("schema", "export", data_dir=tmp_path)
    old.write_text(now, encoding="utf-8")
    code, out, _ = liandong("schema", "changes", str(old), data_dir=tmp_path)
    assert code == 0
    assert "breaking:" not in out
    for nonsense in ("type {", "type Mode { a: Nowhere }"):
        old.write_text(nonsense, encoding="utf-8")
        code, _, error = liandong("schema", "changes", str(old), data_dir=tmp_path)
        assert code == 2
        assert "no GraphQL schema" in error


@pytest.mark.parametrize(
    "text",
    [
        "[[breaking]]\nchanges = []",
        '[[breaking]]\nwhy = " "\nchanges = ["x"]',
        '[[breaking]]\nwhy = "x"\nchange = "x"',
        "breaking",
    ],
)
def test_a_change_without_a_reason_is_no_decision(text):
    """A wrong file lets nothing pass."""
    with pytest.raises(StartError, match=r"breaking\.toml"):
        reasons(text, "schema/breaking.toml")


def test_the_decisions_at_hand_are_well_formed():
    """Of the schema that is committed; its text is one that can be compared."""
    here = Path(schema.__file__).parent
    text = (here / "schema.graphql").read_text(encoding="utf-8")
    assert build_schema(text).query_type
    decided = reasons((here / "breaking.toml").read_text(encoding="utf-8"), "schema/breaking.toml")
    assert compare(text, text, decided).idle == list(decided)
