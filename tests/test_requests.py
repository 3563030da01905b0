"""What every API takes of a request: one way to send a token, one to send a body."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.requests import MAX_BODY, BodyRefused, bearer, check_content, json_of, read_body

JSON = "application/json"


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    ("given", "token"),
    [
        ("Bearer t", "t"),
        ("bearer t", "t"),
        ("BEARER   t ", "t"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Basic t", ""),
        ("t", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_bearer_token_is_named_so_in_any_case(given: str | None, token: str) -> None:
    """Another scheme, or none, is no token."""
    assert bearer(given) == token


@pytest.mark.parametrize(
    "given", [JSON, "Application/JSON ; charset=UTF-8", f'{JSON};charset="utf8"']
)
def test_a_type_is_compared_as_http_does(given: str) -> None:
    """Whatever the case, with UTF-8 said or not."""
    check_content({"content-type": given, "content-encoding": "identity"}, JSON)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": f"{JSON}; charset=gbk"},
        {"content-type": JSON, "content-encoding": "gzip"},
    ],
)
def test_what_is_of_another_type_is_415(headers: dict[str, str]) -> None:
    """Nothing is guessed of a body: not its type, its charset or its compression."""
    with pytest.raises(BodyRefused) as caught:
        check_content(headers, JSON)
    assert (caught.value.status, caught.value.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_has_its_bound() -> None:
    """So many bytes and no more, as declared or as they come."""
    assert await read_body(pieces(b"a" * MAX_BODY), {}) == b"a" * MAX_BODY
    assert await read_body(pieces(b"ab", b"", b"c"), {}, most=3) == b"abc"
    untouched = pieces(b"a")
    for chunks, headers in ((pieces(b"ab", b"cd"), {}), (untouched, {"content-length": "4"})):
        with pytest.raises(BodyRefused) as caught:
            await read_body(chunks, headers, most=3)
        assert (caught.value.status, caught.value.code) == (413, "TOO_LARGE")
    assert await anext(untouched) == b"a"


async def test_a_body_that_does_not_come_is_408() -> None:
    """Where a time is given; a failure of who brings it stays what it is."""

    async def silent() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise TimeoutError

    with pytest.raises(BodyRefused) as caught:
        await read_body(silent(), {}, seconds=0.01)
    assert (caught.value.status, caught.value.code) == (408, "TOO_SLOW")
    with pytest.raises(TimeoutError):
        await read_body(failing(), {}, seconds=60)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b'"\\ud800"', b"[" * 5000])
def test_what_is_no_json_is_400(body: bytes) -> None:
    """Strictly: neither NaN, nor broken UTF-8, nor half a surrogate pair."""
    with pytest.raises(BodyRefused) as caught:
        json_of(body)
    assert (caught.value.status, caught.value.code) == (400, "BAD_JSON")
