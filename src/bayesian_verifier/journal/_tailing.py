"""What is being judged now? Events as they are appended, through every rotation, until told to stop."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._following import Follower
from bayesian_verifier.journal._reading import Damaged, Numbered, read_line

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path


def tail(
    path: Path,
    *,
    stop: threading.Event,
    last: int | None = None,
    wanted: Callable[[Numbered | Damaged], bool] = lambda _: True,
    pause: float = 0.1,
) -> Iterator[Numbered | Damaged]:
    """Every line of a journal, whole, once and in order, and then each as it is appended, until `stop` is set.

    last: of the lines there are at first only so many.   wanted: whether a line counts; asked once for each.
    pause: seconds between two looks. A journal that is not there yet is waited for; one that was cut,
    replaced or compacted is read again from its beginning.
    Raises JournalError where it cannot be read.
    """
    follower = Follower(path)
    try:
        there: Iterator[Numbered | Damaged] = filter(wanted, _news(follower))
        yield from there if last is None else deque(there, maxlen=last)
        while not stop.is_set():
            yield from filter(wanted, _news(follower))
            stop.wait(pause)
    except OSError as exc:
        raise JournalError(f"{path}: cannot read: {exc.strerror or exc}") from exc
    finally:
        follower.close()


def _news(follower: Follower) -> Iterator[Numbered | Damaged]:
    if follower.has_news():
        follower.starts_over()
        yield from map(read_line, follower.new_lines())
