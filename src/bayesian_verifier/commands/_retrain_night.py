"""What does a command on retraining put together: ledger, journal, store, lease, settings?"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining import Champion, Hands, Night, RetrainingSettings, Seen


class Files(NamedTuple):
    """What the options say. ledger, lease: where not given, beside the journal."""

    journal: Path
    ledger: Path
    lease: Path
    settings: str | None
    model_store: str | None
    name: str | None


class NamedStore:
    """One model of a store."""

    def __init__(self, store: ModelStore, name: str) -> None:
        self.store, self.name = store, name

    def current(self) -> str | None:
        """The version that answers."""
        return self.store.current(self.name)

    def holds(self, version: str) -> bool:
        """Whether it has this version."""
        return version in self.store.versions(self.name)

    def promote(self, version: str) -> None:
        """Let this version answer."""
        self.store.promote(self.name, version)

    def champion(self) -> Champion | None:
        """The version that answers, and its age. Raises ArtifactError where its manifest cannot be read."""
        from bayesian_verifier.artifact import read_manifest
        from bayesian_verifier.retraining import Champion

        version = self.current()
        if version is None:
            return None
        created = read_manifest(self.store.path(self.name, version)).created
        return Champion(version, datetime.fromisoformat(created).timestamp())


def files_of(
    journal: str,
    ledger: str | None,
    lease: str | None,
    settings: str | None,
    model_store: str | None,
    name: str | None,
) -> Files:
    """Of the options."""
    there = Path(journal)
    return Files(
        there,
        Path(ledger) if ledger else there.with_name("ledger.jsonl"),
        Path(lease) if lease else there.with_name("lease.json"),
        settings,
        model_store,
        name,
    )


def store_of(files: Files) -> NamedStore:
    """The store that a service reads. Raises SettingsError for the shipped one, which is not to be changed."""
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.settings import model_store, read_settings

    settings = read_settings(dict(os.environ), {"model_store": files.model_store, "model_name": files.name})
    if settings.model_store is None:
        shipped = model_store(settings) / settings.model_name
        raise SettingsError(
            "retraining needs a model store of its own: set BV_MODEL_STORE, or --model-store, to a directory, "
            f"and copy {shipped} into it to begin with"
        )
    return NamedStore(ModelStore(settings.model_store), settings.model_name)


def settings_of(files: Files) -> RetrainingSettings:
    """Of configs/retraining.toml, or of the file that was given."""
    from bayesian_verifier.commands._configs import config_file
    from bayesian_verifier.retraining import RetrainingSettings
    from bayesian_verifier.settings_file import read_table

    return read_table(RetrainingSettings, config_file(files.settings, "retraining.toml"))


def seen_of(journal: Path) -> Seen:
    """What the journal says now."""
    from bayesian_verifier.journal import News
    from bayesian_verifier.retraining import seen

    news = News(journal)
    try:
        return seen(news.read().events)
    finally:
        news.close()


def night_of(
    files: Files,
    ledger: Journal,
    hands: Hands,
    *,
    by: str,
    forced: bool = False,
    any_time: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Night:
    """All that a run works with."""
    from bayesian_verifier.retraining import LeaseFile, Night

    store = store_of(files)
    return Night(
        ledger=ledger,
        store=store,
        seen=lambda: seen_of(files.journal),
        champion=store.champion,
        leases=LeaseFile(files.lease),
        settings=settings_of(files),
        hands=hands,
        by=by,
        forced=forced,
        any_time=any_time,
        tell=tell,
    )
