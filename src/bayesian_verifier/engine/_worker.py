"""What does a process of a Ray cluster do with one task?"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesian_verifier.engine._versions import differences, versions
from bayesian_verifier.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ray import ObjectRef


def carried_out(asked: tuple[tuple[str, str], ...], work: list[ObjectRef], task: object) -> object:
    """What a function, in Ray's store, makes of a task.

    asked: versions of the process that asks, whose results these are to equal.   work: the function, in a list so that
    Ray hands over the reference: what a process has unpickled and compiled for one task serves the next.
    Raises OperatorError where other versions are installed here.
    """
    return _unpacked(asked, work[0])(task)


@lru_cache(maxsize=1)
def _unpacked(asked: tuple[tuple[str, str], ...], work: ObjectRef) -> Callable[[object], object]:
    import ray  # noqa: PLC0415 - an extra brings it

    differing = differences(dict(asked), versions())
    if differing:
        raise OperatorError(
            f"{socket.gethostname()} would not give the same results: {', '.join(differing)}; "
            "install the same versions on every node of the cluster"
        )
    found: Callable[[object], object] = ray.get(work)
    return found
