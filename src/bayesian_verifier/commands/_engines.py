"""Where is a long piece of work done: in this process, or on a Ray cluster?"""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.engine import Engine


class Place(NamedTuple):
    """What a caller said of where it is to be done."""

    engine: str
    address: str | None
    workers: int | None

    @contextmanager
    def entered(self) -> Iterator[Engine]:
        """The engine, for a block. Raises BusyError where the cluster cannot be had."""
        from bayesian_verifier.engine import LOCAL, RayEngine

        if self.engine == "local":
            yield LOCAL
            return
        # Ray prints what becomes of its workers to standard output, where results belong
        with redirect_stdout(sys.stderr), RayEngine(self.address, workers=self.workers) as engine:
            yield engine


def with_engine(command: Callable[..., None]) -> Callable[..., None]:
    """Options of a command that say where; it gets a Place by the name of `place`."""

    @click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Where it is done. The results are the same.",
    )
    @click.option(
        "--address", help="With --engine ray: a cluster that is there, instead of one started here."
    )
    @click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="With --engine ray and no --address: how many processes; one a core unless given.",
    )
    @wraps(command)
    def placed(*, engine: str, address: str | None, workers: int | None, **asked: object) -> None:
        if engine == "local" and (address or workers):
            raise click.UsageError("--address and --workers are for --engine ray")
        if address and workers:
            raise click.UsageError("--workers is for a cluster that is started here, not one at --address")
        command(place=Place(engine, address, workers), **asked)

    return placed
