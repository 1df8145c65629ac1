"""A small night for tests: a ledger, a store and a lease in real files, a clock and hands that do as they are told."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

from bayesian_verifier.journal import Journal, WindowLine, timestamp
from bayesian_verifier.retraining import (
    Champion,
    LeaseFile,
    Load,
    Night,
    RetrainingSettings,
    Trained,
    Weighed,
    seen,
)

DAY = 86_400.0
START = 1_700_000_000.0
SHIPPED = Path(__file__).parents[2] / "configs" / "retraining.toml"


class Versions:
    """A store of one model: `current` is a file, replaced by a rename."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.trained: dict[str, float] = {}

    def current(self) -> str | None:
        file = self.root / "current"
        return file.read_text() if file.exists() else None

    def holds(self, version: str) -> bool:
        return (self.root / version).is_dir()

    def publish(self, version: str, at: float) -> None:
        (self.root / version).mkdir(exist_ok=True)
        self.trained[version] = at

    def promote(self, version: str) -> None:
        scratch = self.root / ".current"
        scratch.write_text(version)
        scratch.replace(self.root / "current")


class Scripted:
    """Hands that train whenever asked, and weigh as the next word of a script says."""

    def __init__(self, store: Versions, wall, verdicts=()) -> None:
        self.store, self.wall = store, wall
        self.verdicts = list(verdicts)
        self.orders, self.pairs = [], []
        self.numbers = itertools.count(1)

    def train(self, order, _machine) -> Trained:
        self.orders.append(order)
        version = f"m{next(self.numbers)}"
        self.store.publish(version, self.wall())
        return Trained(version, {"mean": 0.8, "sd": 0.9})

    def weigh(self, pair, _machine) -> Weighed:
        self.pairs.append(pair)
        verdict = self.verdicts.pop(0) if self.verdicts else "HOLD"
        return Weighed(verdict, (f"told to {verdict}",), {"told": verdict})


class Scene:
    """Everything that a run needs under one directory. now: seconds since 1970, moved by the test."""

    def __init__(self, home: Path, verdicts=(), **promotion: object) -> None:
        self.home = home
        self.now = START
        (home / "store").mkdir(parents=True)
        self.store = Versions(home / "store")
        self.store.publish("m0", START - 10 * DAY)
        self.store.promote("m0")
        ids = itertools.count(1)
        self.ledger = Journal(
            home / "ledger.jsonl",
            fsync="never",
            writer="test",
            clock=lambda: int(self.now * 1e9),
            new_id=lambda: f"id{next(ids)}",
        )
        self.leases = LeaseFile(home / "lease.json", wall=lambda: self.now)
        self.hands = Scripted(self.store, lambda: self.now, verdicts)
        self.events: list = []
        shipped = tomllib.loads(SHIPPED.read_text())
        shipped["slot"] |= {"begins": "00:00", "ends": "23:59:59.999999"}
        shipped["promotion"] |= promotion
        self.settings = RetrainingSettings.model_validate(shipped)

    def night(self, **changed: object) -> Night:
        fields = {
            "ledger": self.ledger,
            "store": self.store,
            "seen": lambda: seen(self.events),
            "champion": self.champion,
            "leases": self.leases,
            "settings": self.settings,
            "hands": self.hands,
            "by": "cron",
            "wall": lambda: self.now,
            "load": lambda: Load(0.0, None),
        }
        return Night(**(fields | changed))

    def champion(self) -> Champion | None:
        version = self.store.current()
        return None if version is None else Champion(version, self.store.trained[version])

    def kinds(self) -> list[str]:
        """Kinds of the ledger's lines, in order."""
        return [one.event.kind for one in self.ledger.read()] if self.ledger.path.exists() else []

    def drift(self, people: int = 40, alarmed: int = 4, windows: int = 6) -> None:
        """Windows of so many people in the journal, and alarms of some in the ledger."""
        for person, number in itertools.product(range(people), range(1, windows + 1)):
            self.events.append(window(f"w{person}-{number}-{self.now:.0f}", f"p{person}", number, self.now))
        for person in range(alarmed):
            self.alarm(f"w{person}-{windows}-{self.now:.0f}")

    def alarm(self, window_id: str) -> None:
        fields = {
            "window": window_id,
            "number": 6,
            "statistic": 1200.0,
            "change_began": timestamp(int(self.now * 1e9)),
        }
        self.ledger.append("alarm", fields | {"moved": 1.0, "model_version": "m0"})


def window(
    window_id: str, subject: str, number: int, at: float, *, began: float | None = None, answers: int = 16
):
    """A window event as the journal has it."""
    ts = timestamp(int(at * 1e9))
    belief = {"mean": 0.5, "sd": 0.3, "quantiles": None}
    return WindowLine.model_validate(
        {
            "v": 1, "seq": 1, "id": window_id, "ts": ts, "writer": "w", "kind": "window", "crc": "00000000",
            "subject": subject, "number": number, "judgments": [f"{window_id}-{n}" for n in range(answers)],
            "informative": answers, "prior": belief, "posterior": belief, "choice_noise": 0.1, "trustworthy": True,
            "model_version": "m0", "log_loss": 0.5, "variance_scale": 1.0,
            "began": ts if began is None else timestamp(int(began * 1e9)), "ended": ts,
        }
    )  # fmt: skip
