"""Found first by Python's start: sets the clock of the hub's processes, and of no other, wrong.

By LIANDONG_TEST_OFF seconds, as a machine has it: the steady counter is left alone, and so is the
database, which is no Python.
"""

import os
import sys
import time
from datetime import timedelta

if "liandong.cli" in sys.orig_argv:
    import time_machine

    off = float(os.environ["LIANDONG_TEST_OFF"])
    travel = time_machine.travel(timedelta(seconds=off), tick=True).start()
    # on a busy machine seconds may have passed between the two
    travel.shift(time_machine.escape_hatch.time.time() + off - time.time())
