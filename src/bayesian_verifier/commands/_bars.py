"""How far is a long piece of work?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from bayesian_verifier.training import Progress as Fitted


class Bars:
    """Progress bars on stderr, one a stage; a line every so often where stderr is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (
            TextColumn("{task.description:32}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._stages: dict[str, TaskID] = {}
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bars as they stand."""
        self._bars.stop()

    def tick(self, stage: str, done: int, total: int) -> None:
        """One stage is `done` of `total`."""
        self._show(stage, stage, done, total)

    def late_tick(self, stage: str, done: int, total: int) -> None:
        """The same, of work that is worth a word only when it takes longer than a second."""
        if time.monotonic() - self._started > 1.0:
            self.tick(stage, done, total)

    def fitted(self, total: int) -> Callable[[Fitted], None]:
        """What training reports its steps and losses to."""

        def show(progress: Fitted) -> None:
            losses = f"loss {progress.potential_loss:.3f} {progress.flow_loss:.3f}"
            self._show("training", f"training, {losses}", progress.step, total)

        return show

    def _show(self, stage: str, text: str, done: int, total: int) -> None:
        if self._console.is_terminal:
            if stage not in self._stages:
                self._stages[stage] = self._bars.add_task(text, total=total)
            self._bars.update(self._stages[stage], completed=done, description=text)
        elif done == total or done % max(total // 20, 1) < (50 if stage == "training" else 1):
            self._console.print(f"{text}: {done} of {total}", highlight=False)
