"""Single key presses from a terminal, or from a pipe, without blocking the event loop."""

import asyncio
import codecs
import os
import re
import sys
import termios
import threading
import tty
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

_KEY = re.compile(r"\x1b\[[0-9;]*[a-zA-Z~]|.", re.DOTALL)
"""What one key sends: a character, or what an arrow or the like does."""


async def pressed(wanted: str) -> None:
    """Return once this key is pressed on a terminal; without one there is no key, and no end."""
    if sys.stdin.isatty():
        async with aclosing(keys()) as typed:
            async for key in typed:
                if key == wanted:
                    return
    await asyncio.Event().wait()


async def keys() -> AsyncGenerator[str, None]:
    """Each key pressed; ends at end of input. The terminal is put back as it was."""
    pressed: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        # a thread, because an event loop cannot wait for every kind of standard input
        decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        with suppress(RuntimeError):  # the loop has ended before the key came
            while typed := os.read(descriptor, 16):
                for key in _KEY.findall(decoder.decode(typed)):
                    loop.call_soon_threadsafe(pressed.put_nowait, key)
            loop.call_soon_threadsafe(pressed.put_nowait, "")

    before = None
    if sys.stdin.isatty():
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # what was typed before counts, too
    threading.Thread(target=read, daemon=True).start()
    try:
        while key := await pressed.get():
            yield key
    finally:
        if before is not None:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
