"""Addresses that people are sent to."""

import pytest

from hub.formats.common.fields import web_address


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (" https://a.example/x?y=1#z ", "https://a.example/x?y=1#z"),
        ("HTTP://a.example", "HTTP://a.example"),
        ("www.a.example/x", "https://www.a.example/x"),
        ("https://例子.example/公告", "https://例子.example/公告"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://a.example/x", None),
        ("https://", None),
        ('https://a.example/"onclick=', None),
        ("https://a.example/<x>", None),
        ("https://a.example/a b", None),
        ("https://a.example/" + "x" * 2_000, None),
        ("a.example", None),
        ("", None),
        (None, None),
    ],
)
def test_only_pages_of_the_web_are_addresses(told, address):
    """No script, no markup, nothing endless."""
    assert web_address(told) == address
