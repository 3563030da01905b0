"""Every trip of a dataset in a few bytes each, for datasets with millions of them.

Trips are known by a 64-bit hash of their id: two ids that share one would be taken for one trip,
which among ten million trips happens once in some 400,000 datasets.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

HERE, WHOLE, SEEN = 1, 2, 4
"""It calls at the stop places asked for; two of its rows can be used; it was listed before."""
_MASK = (1 << 64) - 1
_BUCKETS = 256


class TripIndex:
    """Trips by id, each with the number of its route, -1 for one that cannot be used.

    A trip is found as a number, under which `flags` and `first` are the reader's: `first` is the
    first stop_sequence met, plus one. Of rows with one id the first counts.
    """

    def __init__(self, trips: Iterable[tuple[str, int]]) -> None:
        hashes = [array("Q") for _ in range(_BUCKETS)]
        routes = [array("i") for _ in range(_BUCKETS)]
        for native_id, route in trips:
            key = hash(native_id) & _MASK
            hashes[key >> 56].append(key)
            routes[key >> 56].append(route)
        self._buckets: list[array[int]] = []
        self._offsets: list[int] = []
        self.routes: array[int] = array("i")
        for keys, numbers in zip(hashes, routes, strict=True):
            self._offsets.append(len(self.routes))
            self._buckets.append(self._sorted(keys, numbers))
        self.flags = bytearray(len(self.routes))
        self.first = array("I", bytes(4 * len(self.routes)))

    def _sorted(self, keys: "array[int]", numbers: "array[int]") -> "array[int]":
        """A bucket's hashes in order, each once; their routes are appended alike."""
        kept: array[int] = array("Q")
        for at in sorted(range(len(keys)), key=keys.__getitem__):
            if not kept or kept[-1] != keys[at]:
                kept.append(keys[at])
                self.routes.append(numbers[at])
        return kept

    def find(self, native_id: str) -> int:
        """The number of a trip; -1 for an id that is not there."""
        key = hash(native_id) & _MASK
        bucket = self._buckets[key >> 56]
        at = bisect_left(bucket, key)
        if at < len(bucket) and bucket[at] == key:
            return self._offsets[key >> 56] + at
        return -1
