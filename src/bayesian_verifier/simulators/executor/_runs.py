"""What did it take to carry out a plan once, and where are such runs kept?"""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One plan carried out for one job, measured.

    spot: processor time of workers that may be taken away, of two at the same time, in yardsticks: the processor time
    of the same job left alone.   reserved: of a worker that is not, afterwards.   attempts: workers started.
    wall: seconds from start to end, whatever else the machine did.   finished: whether the job was done in the end.
    """

    job: str
    plan: str
    spot: tuple[float, float]
    reserved: float
    attempts: int
    wall: float
    finished: bool

    @property
    def path(self) -> float:
        """How long the job took along its longest path, in yardsticks."""
        return max(self.spot) + self.reserved

    @property
    def total(self) -> float:
        """All processor time, in yardsticks."""
        return sum(self.spot) + self.reserved


def write_runs(file: Path, runs: Iterable[Run]) -> None:
    """As JSON lines, gzipped; the same runs give the same bytes."""
    lines = "".join(json.dumps(asdict(run), separators=(",", ":")) + "\n" for run in runs)
    file.write_bytes(gzip.compress(lines.encode(), 9, mtime=0))


def read_runs(file: Path) -> list[Run]:
    """Runs as they were written. Raises CallerError naming the file and the line."""
    try:
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CallerError(f"{file}: cannot be read as recorded runs: {error}") from error
    return [_run(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1)]


def _run(line: str, where: str) -> Run:
    try:
        fields: dict[str, Any] = json.loads(line)
        first, second = fields.pop("spot")
        return Run(spot=(float(first), float(second)), **fields)
    except (ValueError, TypeError, KeyError) as error:
        raise CallerError(f"{where}: no run of a plan ({error})") from error
