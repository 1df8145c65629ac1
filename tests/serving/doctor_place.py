"""A machine, as far as the doctor looks: a folder with a store, a cache, a journal and an /etc."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier import Journal
from bayesian_verifier.commands.doctor import examine
from bayesian_verifier.serving import listen_tcp
from serving.closed_form import publish

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.commands._finding import Finding

Done = subprocess.CompletedProcess[str]


class Place(NamedTuple):
    """A machine, as far as the doctor looks: a folder with a store, a cache, a journal and an /etc."""

    folder: Path
    environ: dict[str, str]

    @property
    def journal(self) -> Path:
        return self.folder / "judgments.jsonl"

    @property
    def lease(self) -> Path:
        return self.folder / "lease.json"

    def findings(self, *, quick: bool = True, **environ: str) -> list[Finding]:
        """All that the doctor says."""
        told = self.environ | environ
        return list(
            examine(told, journal=self.journal, lease=self.lease, quick=quick, etc=self.folder / "etc")
        )

    def ill(self, **environ: str) -> dict[str, Finding]:
        """What is not well; each has something to do about it."""
        found = {finding.check: finding for finding in self.findings(**environ) if not finding.well}
        assert all(finding.advice for finding in found.values())
        return found

    def said(self, check: str, **environ: str) -> str:
        """The detail of one check."""
        return next(finding.detail for finding in self.findings(**environ) if finding.check == check)


def well(tmp_path: Path) -> Place:
    """A machine on which nothing is wrong, with a journal of one line."""
    publish(tmp_path / "models", "v1")
    with listen_tcp("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    with Journal(tmp_path / "judgments.jsonl") as journal:
        journal.append("policy", {"says": "nothing"})
    cron = tmp_path / "etc" / "cron.d"
    cron.mkdir(parents=True)
    (cron / "training").write_text("0 3 * * 0 root /srv/scripts/train_bayesflow.sh\n")
    return Place(
        tmp_path,
        {
            "HOME": str(tmp_path),
            "BV_MODEL_STORE": str(tmp_path / "models"),
            "BV_MODEL_NAME": "closed-form",
            "BV_PORT": port,
            "BV_COMPILATION_CACHE": str(tmp_path / "cache"),
        },
    )


def doctor(place: Place, *options: str | Path, before: tuple[str | Path, ...] = (), **environ: str) -> Done:
    """The program itself, which has ended."""
    program = "from bayesian_verifier.cli import main; main()"
    command = [*before, sys.executable, "-c", program, "doctor", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    told = clean | place.environ | environ
    return subprocess.run(
        command, env=told, cwd=place.folder, capture_output=True, text=True, timeout=120, check=False
    )
