"""Which servers are compared, and how is each started?"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import _ours
from _peers import PEERS, environment, installed_version
from _server_process import free_port
from load import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Subject:
    """A server of the comparison.

    unix: whether it listens on a Unix socket.   timed_start: whether its start is measured: of two that start
    alike, one is.   keeps_cache: whether it keeps compiled functions between starts.   in_quick: whether a quick
    run has time for it.   peer: whose environment it runs in, "" for this one.   words: what follows the Python.
    """

    name: str
    title: str
    words: tuple[str, ...]
    unix: bool = False
    timed_start: bool = True
    keeps_cache: bool = True
    in_quick: bool = True
    peer: str = ""
    package: str = ""

    def python(self) -> Path:
        """The interpreter it runs under. Raises SkippedError where its environment cannot be made."""
        return environment(self.peer, with_ours=True) if self.peer else Path(sys.executable)

    def version(self) -> str | None:
        """Of the peer's package."""
        return installed_version(self.python(), self.package) if self.peer else None

    def target(self, scratch: Path) -> Target:
        """A place nobody listens at."""
        return Target(None, str(scratch / f"{self.name}.sock")) if self.unix else Target(free_port(), None)

    def command(self, target: Target) -> Sequence[str]:
        """How it is started there."""
        python = self.python()
        place = f"--uds={target.uds}" if self.unix else f"--port={target.port}"
        program = [str(python.with_name(self.words[0])) if self.words[0] in _PROGRAMS else str(python)]
        return [*program, *(self.words[1:] if self.words[0] in _PROGRAMS else self.words), place]

    @property
    def folder(self) -> Path:
        """Where it is started."""
        return PEERS / self.peer if self.peer else HERE


_PROGRAMS = ("bayesian-verifier", "bentoml")

SUBJECTS = (
    Subject("ours", "this service, TCP", ("bayesian-verifier", "serve")),
    Subject(
        "ours-unix", "this service, Unix socket", ("bayesian-verifier", "serve"), unix=True, timed_start=False
    ),
    Subject(
        "constant",
        "a constant behind the same routes, TCP",
        (str(HERE / "serve_constant.py"),),
        timed_start=False,
    ),
    Subject(
        "constant-unix",
        "a constant behind the same routes, Unix socket",
        (str(HERE / "serve_constant.py"),),
        unix=True,
        timed_start=False,
    ),
    Subject(
        "approximator-1000",
        "approximator.sample behind FastAPI, 1,000 draws",
        (str(HERE / "serve_approximator.py"), "--draws=1000"),
        keeps_cache=False,
    ),
    Subject(
        "approximator-256",
        "approximator.sample behind FastAPI, 256 draws",
        (str(HERE / "serve_approximator.py"), "--draws=256"),
        timed_start=False,
        keeps_cache=False,
        in_quick=False,
    ),
    Subject(
        "bentoml",
        "our function served by BentoML",
        ("bentoml", "serve", "service:Posterior", "--host=127.0.0.1"),
        peer="bentoml",
        package="bentoml",
    ),
    Subject(
        "litserve",
        "our function served by LitServe",
        ("server.py",),
        peer="litserve",
        package="litserve",
    ),
)


def environ_of(cache: Path) -> dict[str, str]:
    """The environment of every server: this tree's package, this cache, no settings of the user's, no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(_ours.ROOT / "src"), str(HERE)]),
        "PYTHONUNBUFFERED": "1",
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "BENTOML_DO_NOT_TRACK": "True",
        _ours.CACHE_VARIABLE: str(cache),
    }
