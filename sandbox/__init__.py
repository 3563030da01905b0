"""The outside world, simulated: a station area's day on the real wire formats, over real sockets.

A process of its own (`python -m sandbox`). It shares with the hub the area file and the words of
`hub.model`, and nothing else: what it says on the wire is its own reading of the standards.
"""
