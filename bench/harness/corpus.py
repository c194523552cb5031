"""Defines the corpus: one file of random bytes. Each file of a scenario is a part of it."""

import mmap
import os
import zlib
from pathlib import Path

from .client import Slice

BLOCK_BYTES = 1 << 24


class Corpus:
    """A file of random bytes that is on disk and in the page cache."""

    def __init__(self, path: Path, size_bytes: int):
        self.size_bytes = size_bytes
        self._crcs: dict[Slice, int] = {}
        with path.open("xb") as file:
            for start in range(0, size_bytes, BLOCK_BYTES):
                file.write(os.urandom(min(BLOCK_BYTES, size_bytes - start)))
            file.flush()
            os.fsync(file.fileno())
        self._file = path.open("rb")
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def slice(self, index: int, size_bytes: int) -> Slice:
        """The file with this index of a scenario whose files all have this size. Files do not overlap."""
        start = index * size_bytes
        if start + size_bytes > self.size_bytes:
            raise ValueError("the corpus is smaller than the scenario")
        return Slice(self._file.fileno(), start, size_bytes)

    def crc(self, part: Slice) -> int:
        """The CRC-32 of a part."""
        if part not in self._crcs:
            with memoryview(self._map) as whole, whole[part.start : part.start + part.size_bytes] as piece:
                self._crcs[part] = zlib.crc32(piece)
        return self._crcs[part]

    def close(self) -> None:
        """Unmaps and closes the file."""
        self._map.close()
        self._file.close()
