"""Wire formats, read and checked: bytes in, typed values or PayloadError out. Pure, no I/O.

One module or family a standard; what a value means for the hub is its connector's business.
"""
