"""A worker: does one job chunk by chunk, until it is done or taken away. Run as a program, see `main`.

It imports little, so that it starts quickly; whoever starts it measures what it took.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import zlib

#: chunks of a whole job
CHUNKS = 16
JOBS = ("primes", "compress", "sort")
_MASK = 0xFFFFFFFF


def chunk(job: str, index: int) -> int:
    """The result of one chunk of a job, a number below 2^32."""
    return {"primes": _primes, "compress": _compressed, "sort": _sorted}[job](index)


def _primes(index: int) -> int:
    """How many primes there are in a stretch of numbers, by trial division."""
    start = 10_001 + 7_000 * index
    return sum(all(n % d for d in range(3, int(n**0.5) + 1, 2)) for n in range(start, start + 7_000, 2))


def _compressed(index: int) -> int:
    """Checksum of a compressed text that is half noise."""
    text = b"".join(b"%d item %d\n" % (value, value % 97) for value in _noise(index, 7_000))
    return zlib.crc32(zlib.compress(text, 6))


def _sorted(index: int) -> int:
    """Checksum of sorted noise."""
    values = sorted(_noise(index, 16_000))
    return zlib.crc32(b"".join(value.to_bytes(4, "little") for value in values[::16]))


def _noise(index: int, count: int) -> list[int]:
    """Numbers of a linear congruential generator (Numerical Recipes' constants)."""
    value, values = (index + 1) * 2_654_435_761 & _MASK, []
    for _ in range(count):
        value = (1_664_525 * value + 1_013_904_223) & _MASK
        values.append(value)
    return values


def main(arguments: list[str]) -> None:
    """`JOB FIRST LAST EVERY FILE SECONDS`: print the sum of chunks FIRST … LAST - 1.

    EVERY: chunks between checkpoints in FILE, 0 for none; a FILE that is there is gone on from.
    SECONDS: processor time after which the kernel takes the worker away by SIGPROF, 0 for never.
    """
    job, first, last, every, file, seconds = arguments
    if float(seconds) > 0:
        signal.setitimer(signal.ITIMER_PROF, float(seconds))
    done, total = int(first), 0
    if int(every) and os.path.exists(file):  # noqa: PTH110 - pathlib takes longer to import than a chunk
        with open(file, encoding="ascii") as stream:  # noqa: PTH123 - as above
            done, total = json.load(stream)
    while done < int(last):
        total = (total + chunk(job, done)) & _MASK
        done += 1
        if int(every) and done % int(every) == 0:
            _kept(file, done, total)
    sys.stdout.write(f"{total}\n")


def _kept(file: str, done: int, total: int) -> None:
    """A checkpoint, on the disk before it counts."""
    with open(file + ".next", "w", encoding="ascii") as stream:  # noqa: PTH123 - as above
        json.dump([done, total], stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(file + ".next", file)  # noqa: PTH105 - as above


if __name__ == "__main__":
    main(sys.argv[1:])
