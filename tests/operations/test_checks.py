"""What callers give us, before the database sees it."""

import pytest

from hub.errors import UserFault
from hub.model.operations import OrderPriority
from hub.operations import checks
from hub.operations.orders.actions import request_of

UNSEEN = [
    "",
    " \t\r\n",
    "\x00",
    "\x07\x1b\x7f\x85",
    "\u202e\u202d\u202c",
    "\u2066\u2069 \u200f\u061c",
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u3164\u115f\uffa0\u2800",
    "\u0301\ufe0f",
    "\ue000\U000f0000",
    "\u2028\u2029",
    "\ud800",
]


@pytest.mark.parametrize("value", UNSEEN)
def test_what_cannot_be_seen_is_no_text(value: str) -> None:
    """Controls, bidi and zero-width characters, fillers, lone marks: BAD_TEXT; optional text of
    them is as if it was not there, and so is a remark."""
    with pytest.raises(UserFault) as fault:
        checks.text(value, ("title",), most=20)
    assert (fault.value.code, fault.value.path) == ("BAD_TEXT", ("title",))
    assert "title:" in fault.value.message
    assert checks.optional_text(value, ("place",), most=20) is None
    assert checks.optional_text(value * 21, ("place",), most=20) is None
    assert checks.remark(value, ("note",), most=20) is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (" 北广场 \n", "北广场"),
        ("a\x00b\x1bc", "abc"),
        ("\u202eevil\u202c 100", "evil 100"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("é e\u0301", "é e\u0301"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("?", "?"),
        ("x" * 20 + "\u202c" * 9, "x" * 20),
    ],
)
def test_what_can_be_seen_is_kept(value: str, kept: str) -> None:
    """Without the controls that would turn or hide what stands around them: no report is lost."""
    assert checks.text(value, ("title",), most=20) == kept


def test_text_has_its_length() -> None:
    """One character too many is refused; nothing is cut off."""
    with pytest.raises(UserFault, match="1 to 20 characters"):
        checks.text("x" * 21, ("title",), most=20)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 19 + "…"),
        ("x" * 18 + " " + "y" * 9, "x" * 18 + "…"),
        ("x" * 20 + "\u202e\ud800", "x" * 20),
        ("马上到 \ud83d", "马上到"),
    ],
)
def test_a_remark_is_cut_and_not_refused(value: str, kept: str) -> None:
    """To its length with an ellipsis as the last character, and without half a surrogate pair."""
    assert checks.remark(value, ("note",), most=20) == kept


@pytest.mark.parametrize("value", [7, ["x"], {"$ne": None}, True])
def test_optional_text_is_text(value: object) -> None:
    """What is no text is the fault of whoever wrote the app, and refused."""
    for check in (checks.optional_text, checks.remark):
        with pytest.raises(UserFault) as fault:
            check(value, ("note",), most=20)
        assert fault.value.code == "BAD_TEXT"


@pytest.mark.parametrize("value", ["", " ", "a\x00", "a\u202e", "a\u200bb", "\ud800", "x" * 129, 7])
def test_a_key_is_printable(value: object) -> None:
    """Two keys that look alike are never one: what cannot be seen in a key is refused, not left
    out. The message names it as the caller does."""
    with pytest.raises(UserFault, match="clientMutationId") as fault:
        checks.key(value)
    assert fault.value.code == "BAD_KEY"


def test_messages_name_arguments_as_callers_do() -> None:
    """acceptWithinSeconds and incident, not our names for them."""
    asked = {
        "incident_id": "i",
        "text": "t",
        "recipients": ["a"],
        "escalation": [],
        "priority": OrderPriority.URGENT,
        "accept_within_s": 60,
    }
    for wrong, name in (
        ({"accept_within_s": 0}, "acceptWithinSeconds"),
        ({"incident_id": ""}, "incident:"),
    ):
        with pytest.raises(UserFault) as fault:
            request_of(**{**asked, **wrong})  # type: ignore[arg-type]
        assert name in fault.value.message
        assert "_" not in fault.value.message
