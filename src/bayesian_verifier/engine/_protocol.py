"""How is one function applied to many tasks, wherever that is done?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Applies a function to tasks, in some order, at some places."""

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """The number of each task and what the function makes of it, as they come, each once.

        function: pure: what it returns follows from itself and the task, seeds included, so that it may be called
        anywhere and, where a process was lost, again. It, the tasks and the results can be pickled.
        Raises what the function raises.
        """
        ...


def in_order(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """What an engine gives, in the order of the tasks; a result waits for those of all tasks before it."""
    waiting: dict[int, Result] = {}
    following = 0
    for number, result in results:
        waiting[number] = result
        while following in waiting:
            yield waiting.pop(following)
            following += 1
