"""How is it done on this machine, in this process?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.engine._protocol import Result, Task


class LocalEngine:
    """In this process: one task after the other, or `threads` at a time.

    More than one is for functions that may be called at the same time, and spend theirs in what is compiled, which runs
    without the interpreter's lock.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """As `Engine.results`; of one thread in the order of the tasks, each when it is asked for."""
        if self._threads == 1:
            return ((number, function(task)) for number, task in enumerate(tasks))
        return self._at_once(function, tasks)

    def _at_once(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        pool = ThreadPoolExecutor(self._threads)
        try:
            going = {pool.submit(function, task): number for number, task in enumerate(tasks)}
            for done in as_completed(going):
                yield going[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)
