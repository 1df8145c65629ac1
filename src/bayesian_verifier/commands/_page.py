"""What is the dashboard put together from, by itself and in the service?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayesian_verifier.artifact import ModelStore
from bayesian_verifier.commands._approvals import Approvals
from bayesian_verifier.commands._configs import config_file
from bayesian_verifier.commands._retrain_night import NamedStore
from bayesian_verifier.dashboard import (
    Cache,
    Dashboard,
    Decisions,
    Hears,
    ModelFiles,
    PageRules,
    Policies,
    WindowHeard,
    page_rules,
)
from bayesian_verifier.drift import DriftSettings, Followed
from bayesian_verifier.errors import OperatorError
from bayesian_verifier.settings import ledger_of, model_store, read_token
from bayesian_verifier.settings_file import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import WindowLine
    from bayesian_verifier.settings import Settings


class Rules:
    """Who is let in, as the token file has it when it was last read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._current = self._read()

    def __call__(self) -> PageRules:
        """As it is now."""
        return self._current

    def read_again(self) -> None:
        """From now on by what the file says; where it cannot be used, by what it said before."""
        try:
            self._current = self._read()
        except OperatorError:
            return  # the service, which reads the same file, says so in the log

    def _read(self) -> PageRules:
        asked = self._settings
        return page_rules(
            host=asked.host,
            loopback=asked.uds is None and not asked.off_machine,
            token=read_token(asked),
        )


def dashboard_of(
    settings: Settings, rules: Rules, *, threads: int = 1, leaving: Callable[[], bool] = lambda: False
) -> Dashboard:
    """The page that settings describe. threads: of DuckDB."""
    drift = read_table(DriftSettings, config_file(None, "drift.toml"))
    own = settings.model_store
    store = None if own is None else NamedStore(ModelStore(own), settings.model_name)
    approvals = Approvals(ledger_of(settings), store)
    return Dashboard(
        Cache(Path(settings.journal), ledger_of(settings), lambda: _detector(drift), threads=threads),
        rules=rules,
        models=ModelFiles(model_store(settings), settings.model_name),
        policies=Policies(settings.policies),
        threshold=drift.threshold,
        decide=Decisions(approvals.approve, approvals.reject),
        leaving=leaving,
    )


def _detector(settings: DriftSettings) -> Hears:
    followed = Followed(threshold=settings.threshold, wander=settings.wander)

    def hear(window: WindowLine) -> WindowHeard:
        heard = followed.hear(window)
        told = (heard.statistic, heard.alarm, heard.change_began, heard.moved, heard.surprise)
        if heard.change is None:
            return WindowHeard(*told, parameter=heard.parameter)
        found = heard.change.divergences
        return WindowHeard(
            *told,
            forward=found.forward,
            backward=found.backward,
            jensen_shannon=found.jensen_shannon,
            wasserstein=found.wasserstein,
            rate=heard.change.rate,
            distance_rate=heard.change.distance_rate,
            parameter=heard.parameter,
        )

    return hear
