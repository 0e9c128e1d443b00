"""A place for what was worked out and may be wanted again, in one process; bounded, the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps what was made, as long as all of it together weighs at most `limit`. A key says all that the thing depends on."""

    def __init__(self, limit: int) -> None:
        self.weight = 0
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, weight: int, make: Callable[[], T]) -> T:
        """What was made under the key, or else what is made now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made = make()
        with self._lock:
            self.weight += weight - (self._kept.pop(key)[1] if key in self._kept else 0)
            self._kept[key] = made, weight
            while self.weight > self._limit:
                self.weight -= self._kept.popitem(last=False)[1][1]
        return made
