"""What did operations do in the example? Trainings, gates, approvals, promotions: lines of a ledger, and a store.

The figures of each version are those of the shipped model, a little better or worse: the store has manifests and
reports, and no weights.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import Journal

NAME = "bayesian-verifier"
SHIPPED = Path(__file__).resolve().parent.parent / "src" / "bayesian_verifier" / "shipped_models" / NAME
DAY = 86_400_000_000_000  # nanoseconds
LONGEST = 0.05  # days from the beginning of a training to the question whether it may be promoted
NIGHT = 3.1 / 24  # the hour at which trainings begin, in days
#: share of the days at which each version was trained, and how its errors compare with the shipped model's
MADE = ((-0.2, 1.35), (0.36, 1.0), (0.69, 1.6), (1.0, 0.82))


def versions(start: int, days: float) -> list[str]:
    """Their names: when they were made, and something of their bytes."""
    nights = [int(share * days - NIGHT - LONGEST) + NIGHT for share, _ in MADE]
    made = [datetime.fromtimestamp((start + night * DAY) / 1e9, UTC) for night in nights]
    return [
        f"{at:%Y-%m-%dT%H-%M-%SZ}-{0x3C21F0A9 * (number + 3) % (1 << 32):08x}"
        for number, at in enumerate(made)
    ]


def write_models(root: Path, names: list[str]) -> None:
    """A store of manifests and reports; the second version is current, the first was before it."""
    shipped = SHIPPED / (SHIPPED / "current").read_text().strip()
    manifest = json.loads((shipped / "manifest.json").read_text())
    report = json.loads((shipped / "report.json").read_text())
    for name, (_, worse) in zip(names, MADE, strict=True):
        place = root / NAME / name
        place.mkdir(parents=True)
        at = datetime.strptime(name[:20], "%Y-%m-%dT%H-%M-%SZ").replace(tzinfo=UTC)
        changed = {"version": name, "created": at.isoformat(), "quality": _scaled(manifest["quality"], worse)}
        (place / "manifest.json").write_text(json.dumps({**manifest, **changed}))
        (place / "report.json").write_text(json.dumps({**report, **_scaled(_errors(report), worse)}))
    (root / NAME / "previous").write_text(names[0] + "\n")
    (root / NAME / "current").write_text(names[1] + "\n")


def _errors(report: dict[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("simulated", "by_size", "by_answer", "people") if key in report}


def _scaled(value: Any, factor: float) -> Any:  # noqa: ANN401 JSON
    """Errors and divergences times a factor."""
    if not isinstance(value, dict):
        return value
    return {
        key: one * factor
        if isinstance(one, float) and ("error" in key or "kl" in key or "shift" in key)
        else _scaled(one, factor)
        for key, one in value.items()
    }


class Operations:
    """What is to be done on which day, and the version that is current. clock: nanoseconds since 1970."""

    def __init__(self, ledger: Journal, names: list[str], days: float, clock: Callable[[], int]) -> None:
        self._ledger, self._names, self._clock = ledger, names, clock
        self.current = names[0]
        self.alarms: list[float] = []
        self._asked: dict[str, str] = {}
        self._plan: list[tuple[float, Callable[[float], None]]] = []
        for number in (1, 2, 3):
            self._train(number, int(MADE[number][0] * days - NIGHT - LONGEST) + NIGHT)
        self._plan.append((int(0.66 * days) + 0.4, lambda _: self._population(raised=True)))
        self._plan.append((int(0.86 * days) + 0.4, lambda _: self._population(raised=False)))
        self._plan.sort(key=lambda one: one[0])

    def due(self, day: float) -> list[float]:
        """The moments up to a day at which something is still to be done."""
        return [at for at, _ in self._plan if at <= day]

    def act(self, at: float) -> None:
        """Do what is planned for a moment."""
        (_, action), self._plan = self._plan[0], self._plan[1:]
        action(at)

    def _train(self, number: int, at: float) -> None:
        run, challenger, champion = (
            f"run-{number:03d}",
            self._names[number],
            self._names[0 if number == 1 else 1],
        )
        reason = "age" if number == 1 else "drift"
        said = {
            "age": "the model is older than 90 days",
            "drift": "alarms of more than 5% of the people followed in 14 days",
        }[reason]
        started = {
            "run": run,
            "reason": reason,
            "said": said,
            "champion": champion,
            "seed": 100 + number,
            "by": "cron",
        }
        ended = {"run": run, "outcome": "challenger", "challenger": challenger, "error": None}
        prior = {"mean": round(0.5 + 0.02 * number, 3), "sd": round(1.0 - 0.05 * number, 3)}
        verdict = ("PROMOTE", "HOLD", "PROMOTE")[number - 1]
        gate = {
            "run": run,
            "challenger": challenger,
            "champion": champion,
            "number": number,
            "verdict": verdict,
            "reasons": {
                "PROMOTE": [
                    "closer to the exact posterior on the sealed set",
                    "predicted the next answers better",
                ],
                "HOLD": [
                    "further from the exact posterior on the sealed set",
                    "no evidence from the next answers yet",
                ],
            }[verdict],
            "evidence": {
                "sealed": {
                    "champion_kl": 0.0026 if number == 1 else 0.0019,
                    "challenger_kl": 0.0019 * MADE[number][1],
                },
                "coverage": {"worst_error": round(0.004 * MADE[number][1], 4)},
                "next_answers": {
                    "answers": 600 + 40 * number,
                    "evidence": (31.0, 1.4, 44.0)[number - 1],
                    "mean_gain": 0.004,
                },
            },
        }
        self._write(at, "training_started", started)
        self._write(at + 0.012, "training_ended", {**ended, "prior": prior, "seconds": 702.4 + 31 * number})
        self._write(at + 0.013, "gate", gate)
        if verdict == "PROMOTE":
            self._plan.append((at + 0.014, lambda _: self._ask(run, challenger, champion)))
        if number == 1:
            self._plan.append((at + 0.25, lambda _: self._approve(run, challenger, champion)))

    def _write(self, at: float, kind: str, fields: dict[str, object]) -> None:
        self._plan.append((at, lambda _: self._append(kind, fields)))

    def _append(self, kind: str, fields: dict[str, object]) -> str:
        return self._ledger.append(kind, fields)

    def _ask(self, run: str, challenger: str, champion: str) -> None:
        expires = datetime.fromtimestamp(self._clock() / 1e9 + 3 * 86_400, UTC)
        text = expires.isoformat(timespec="microseconds").replace("+00:00", "Z")
        fields = {"what": "promotion", "challenger": challenger, "champion": champion, "expires": text}
        self._asked[run] = self._append("approval_asked", {**fields, "default": "reject"})

    def _approve(self, run: str, challenger: str, champion: str) -> None:
        self._append("approved", {"request": self._asked[run], "by": "Maria", "why": "better on both counts"})
        self._append("promotion", {"run": run, "challenger": challenger, "champion": champion, "by": "Maria"})
        self.current = challenger

    def _population(self, *, raised: bool) -> None:
        value = 0.075 if raised else 0.018
        fields = {"measure": "change_rate", "value": value, "limit": 0.05, "raised": raised, "people": 40}
        self._append("population", {**fields, "windows": 412})
