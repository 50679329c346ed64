"""How large an archive may become on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from chorus.download.bar import human
from chorus.download.paths import Refused
from chorus.errors import ChorusError

#: An archive may grow to this many times its size. Tables shrink to a tenth, sound hardly; only silence does more.
RATIO = 200
#: Below this many bytes any ratio is harmless.
HARMLESS = 100_000_000
#: Bytes that a file takes on the disk at least, so that countless empty files count too.
BLOCK = 4096
#: Bytes left free for everybody else on the disk.
RESERVE = 50_000_000


class Budget:
    """How many bytes an archive may become: what is free on the disk, and a multiple of its own size."""

    def __init__(self, archive: Path, into: Path) -> None:
        self.packed = archive.stat().st_size
        self.room = max(shutil.disk_usage(into).free - RESERVE, 0)
        self.disk = str(into)
        self.bytes = self.blocks = 0

    def take(self, size: int) -> None:
        """Count one file. Raises Refused for a bomb, ChorusError when the disk is too small."""
        self.read(size)
        self.blocks += max(size, BLOCK)
        if self.blocks > self.room:
            raise ChorusError(
                f"{self.disk}: unpacking needs {human(self.blocks)} or more, {human(self.room)} is free: "
                "make room and run the same command again to go on"
            )

    def read(self, size: int) -> None:
        """Count bytes that only have to be read. Raises Refused for a bomb."""
        self.bytes += size
        if self.bytes > max(HARMLESS, RATIO * self.packed):
            raise Refused(f"its {human(self.packed)} would become {human(self.bytes)} or more, as in a zip bomb")
