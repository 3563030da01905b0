"""Calls into a connector: where they run."""

import threading

from feed_fakes import context_of, feed_settings

from hub import clock
from hub.connector import Envelope
from hub.ingest.decode import THREAD_ABOVE, called


async def test_what_may_take_long_is_decoded_beside_the_event_loop():
    """A large payload, and any zip: some kilobytes of it hold megabytes of tables."""
    context = context_of(feed_settings("http://a/"))
    here = threading.get_ident()
    for body, beside in ((b"x", False), (b"PK\x03\x04", True), (b"x" * (THREAD_ABOVE + 1), True)):
        envelope = Envelope(body, clock.now())
        there = await called(lambda _raw, _context: threading.get_ident(), envelope, context)
        assert (there != here) is beside
