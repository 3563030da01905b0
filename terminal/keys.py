"""Single key presses from a terminal, or from a pipe, without blocking the event loop."""

import asyncio
import os
import sys
import termios
import threading
import tty
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress


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
        key = b"-"
        while key:
            key = os.read(descriptor, 1)
            with suppress(RuntimeError):  # the loop has ended before the key came
                loop.call_soon_threadsafe(pressed.put_nowait, key.decode(errors="ignore"))

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
