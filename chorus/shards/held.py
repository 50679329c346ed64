"""Sounds that will be asked for again, held from the first time to the last."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

    Sound = npt.NDArray[Any]

#: Bytes that are held at most.
MOST_BYTES = 64 << 20


class Held:
    """Holds sounds by the places they come from, as often as each is expected, the most recent ones first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._coming: Counter[Hashable] = Counter()
        self._sounds: OrderedDict[Hashable, Sound] = OrderedDict()
        self.bytes = 0

    def expect(self, places: Iterable[Hashable]) -> None:
        """Sounds that will be asked for, each named once for every time."""
        self._coming.update(places)

    def get(self, place: Hashable, make: Callable[[], Sound]) -> Sound:
        """The sound of a place, made where it is not held. What is held on is read-only."""
        sound = self._sounds.pop(place, None)
        if sound is None:
            sound = make()
        else:
            self.bytes -= sound.nbytes
        self._coming[place] -= 1
        if self._coming[place] > 0:
            self._hold(place, sound)
        return sound

    def _hold(self, place: Hashable, sound: Sound) -> None:
        sound.flags.writeable = False
        self._sounds[place] = sound
        self.bytes += sound.nbytes
        while self.bytes > self._most:
            self.bytes -= self._sounds.popitem(last=False)[1].nbytes
