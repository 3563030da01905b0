"""What `user add` asks, and what `token issue` says of its token."""

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from hub.errors import StartError
from liandong.cli import accounts


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been written."""
    found: list[tuple[Any, ...]] = []

    async def add(*account: Any) -> None:
        found.append(account)

    monkeypatch.setattr(accounts, "_add", add)
    return found


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str | type[BaseException]) -> list[str]:
    """Who is asked answers so; what they were asked."""
    asked: list[str] = []
    left: Iterator[str | type[BaseException]] = iter(answers)

    def answer(prompt: str) -> str:
        asked.append(prompt)
        one = next(left)
        if isinstance(one, str):
            return one
        raise one

    monkeypatch.setattr(accounts, "_typed", answer)
    return asked


def test_a_password_is_asked_for_twice_in_both_languages(monkeypatch, capsys, added) -> None:
    """Again where the two differ."""
    password = "long enough to be one"
    asked = typing(monkeypatch, password, "another one", password, password)
    accounts.user_add("li", "WATCH")
    assert asked == ["密码 password: ", "再输一次 once more: "] * 2
    assert "两次不一致，请重输 They differ" in capsys.readouterr().err
    assert [account[2] for account in added] == [password]


def test_who_presses_ctrl_c_adds_nobody(monkeypatch, capsys, added) -> None:
    """Said so, Chinese first, as interrupted; the end of the input is said, too."""
    typing(monkeypatch, KeyboardInterrupt)
    with pytest.raises(typer.Exit) as caught:
        accounts.user_add("li", "WATCH")
    assert caught.value.exit_code == 130
    assert capsys.readouterr().err.strip() == "已取消，未添加 Cancelled: nothing was added."
    typing(monkeypatch, EOFError)
    with pytest.raises(StartError, match="没有输入密码 No password was typed"):
        accounts.user_add("li", "WATCH")
    assert added == []


def test_a_pipe_answers_as_who_types_does(monkeypatch, capsys, added) -> None:
    """Without a word about an echo; at its end nobody is added."""
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n" * 3))
    accounts.user_add("li", "WATCH")
    assert [account[2] for account in added] == ["a long password"]
    assert capsys.readouterr().err.splitlines() == ["密码 password: ", "再输一次 once more: "]
    with pytest.raises(StartError, match="没有输入密码"):
        accounts.user_add("wang", "WATCH")
    assert len(added) == 1


def test_a_token_says_how_long_it_is_good(monkeypatch, capsys) -> None:
    """In the help, from the setting; beside the token, which is alone on standard output."""
    app = typer.Typer()
    accounts.register(app)
    (group,) = (one for one in app.registered_groups if one.name == "token")
    assert group.typer_instance is not None
    (command,) = group.typer_instance.registered_commands
    assert f"默认 {accounts._MINUTES} 分钟" in command.help
    assert f"{accounts._MINUTES} minutes by default" in command.help

    async def issue(*_: Any) -> Any:
        return SimpleNamespace(access_token="eyJ", expires_in=900)

    monkeypatch.setattr(accounts, "_issue", issue)
    accounts.token_issue("watch")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("eyJ\n", "有效 good for 900 s\n")
