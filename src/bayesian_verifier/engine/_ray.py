"""How is it done by the processes of a Ray cluster, none of whose deaths loses a result?"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
from itertools import islice
from typing import TYPE_CHECKING, Self, cast

from bayesian_verifier.engine._versions import versions
from bayesian_verifier.engine._worker import carried_out
from bayesian_verifier.errors import BusyError, OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from ray import ObjectRef

    from bayesian_verifier.engine._protocol import Result, Task

#: tasks a processor is handed ahead, so that it never waits for the next
_AHEAD = 4
_PATIENCE = 5.0
#: nothing is told to anybody, no metrics are offered
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
#: of Ray: "0" keeps it on loopback, which it else takes for "the address that others reach", and listens to all of them
_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
#: how often a task is begun again whose process died: one that kills its process each time must end some day
_RETRIES = 5


class RayEngine:
    """Tasks on the processors of a cluster, for as long as it is entered.

    address: of a cluster that is there, as `ray.init` takes it; without one Ray is started on this machine's loopback,
    with a token of its own and nothing that reports anywhere, and ends with the block.   workers: how many processes
    then work, one a core unless given.
    """

    def __init__(self, address: str | None = None, *, workers: int | None = None) -> None:
        self._address, self._workers = address, workers

    def __enter__(self) -> Self:
        """Connect, or start. Raises BusyError where no cluster answers, or none could be started in time."""
        os.environ.update(_QUIET)
        if self._address is None:
            _guard()
        import ray  # noqa: PLC0415 - an extra brings it, and it reads the environment when it is imported

        quietly = {"log_to_driver": False, "logging_level": logging.ERROR}
        started = {"num_cpus": self._workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        try:
            if self._address is None:
                ray.init(address="local", **started, **quietly)
            else:
                _look(self._address)
                ray.init(address=self._address, **quietly)
        except Exception as error:  # a start that takes too long is a plain Exception of Ray's
            told = str(error).strip().splitlines()[0]
            raise BusyError(
                f"no Ray cluster can be had at {self._address or 'this machine'}: {told}"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; one that was started here ends."""
        import ray  # noqa: PLC0415 - as above

        ray.shutdown()

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """As `Engine.results`; what a process that died was doing is done again elsewhere.

        Raises OperatorError where a task's process died again and again, or has other versions than this one.
        """
        import ray  # noqa: PLC0415 - as above

        run = ray.remote(num_cpus=1, max_retries=_RETRIES)(carried_out)
        asked, work = tuple(versions().items()), [ray.put(function)]
        coming = enumerate(tasks)
        running: dict[ObjectRef, int] = {}
        try:
            while True:
                for number, task in islice(coming, max(0, _room() - len(running))):
                    running[run.remote(asked, work, task)] = number
                if not running:
                    return
                [done], _ = ray.wait(list(running), num_returns=1)
                yield running.pop(done), cast("Result", _had(done))
        finally:
            for one in running:
                ray.cancel(one, force=True)


def _guard() -> None:
    """Nobody else may run anything in our processes, whether they share this machine or a network with it.

    Raises RuntimeError where Ray was imported before, as it reads its settings then.
    """
    if os.environ.get(_LOOPBACK) == "0":
        return
    if "ray" in sys.modules:
        raise RuntimeError("enter the engine before anything imports ray, which reads its settings then")
    os.environ.update(
        {_LOOPBACK: "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)},
    )


def _look(address: str) -> None:
    """Raises OSError where nobody listens at HOST:PORT, which Ray would find out in a minute; else nothing."""
    host, _, port = address.rpartition(":")
    if port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()


def _room() -> int:
    """How many tasks may be under way, on a cluster that may grow meanwhile."""
    import ray  # noqa: PLC0415 - as above

    return _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))


def _had(done: ObjectRef) -> object:
    """A result, or what kept it from coming, as if it had happened here."""
    import ray  # noqa: PLC0415 - as above
    from ray.exceptions import RayError, RayTaskError  # noqa: PLC0415

    try:
        found: object = ray.get(done)
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:
        raise OperatorError(
            f"the Ray cluster gave up a task: {str(error).strip().splitlines()[0]}"
        ) from error
    return found
