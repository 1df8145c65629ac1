"""How is it done on this machine, in this process?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.engine._protocol import Result, Task


class LocalEngine:
    """One task after the other, in this process."""

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """As `Engine.results`; in the order of the tasks."""
        return ((number, function(task)) for number, task in enumerate(tasks))
