"""From drift to a better model, in one night on real parts; at its end the timeline and the KPIs.

A real service on loopback serves the shipped model. Simulated people answer; then all of them change. `drift watch`
sees it, `retrain run` trains a challenger on a small budget under the lease, the gate holds it until people's next
answers tell that it is better, somebody approves, the service goes on to it by itself, and newcomers are foreseen
better than before. A night without a change promotes nothing, a poisoned challenger is rejected, and a service that
dies on the way is missed by nobody. Exit code 1, and the step, when something of that did not happen.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from night_people import ANSWERS, give_answers, moved, people
from side_car import PROGRAM, DemoError, SideCar

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.journal import News, WindowLine
from bayesian_verifier.settings import PACKAGE, shipped_config

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "bayesian-verifier"
MOVED = 1.2  # by so many prior sd everybody's risk aversion changes
REGULARS, NEWCOMERS = 40, 120
NIGHTS = 5  # nights at most until the challenger is known to be better
POISON = Path(__file__).with_name("night_poison.py")
# what a night of minutes needs other than a night of months does
CHANGED = {
    "min_windows": "100",
    "cool_down_days": "0.0",
    "daily_cap": "20",
    "begins": '"00:00"',
    "ends": '"23:59:59"',
    "max_load": "1000.0",
    "max_pressure": "100.0",
    "approval": "true",
}


class Story:
    """What has happened so far, with when it began and how long it took."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.lines: list[tuple[float, float, str, str]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """One step; what is appended to the list is said of it. Raises DemoError naming it."""
        at, said = time.monotonic(), []
        try:
            yield said
        except (DemoError, subprocess.SubprocessError, OSError, LookupError) as exc:
            raise DemoError(f"{name}: {exc}") from exc
        took = time.monotonic() - at
        self.lines.append((at - self.began, took, name, "; ".join(said)))
        print(f"{at - self.began:6.1f} s  {name} ({took:.1f} s): {'; '.join(said)}", flush=True)


class Night:
    """A directory with a journal, a ledger, a store and a service."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.journal = home / "judgments.jsonl"
        self.ledger = home / "ledger.jsonl"
        shutil.copytree(PACKAGE / "shipped_models", home / "models")
        text = shipped_config("retraining.toml").read_text()
        for entry, value in CHANGED.items():
            # `approval` is an entry of two tables: the last is that of [promotion]
            before, found, after = text.rpartition(f"\n{entry} = ")
            text = before + found + re.sub(r"^\S+", value, after)
            if not found:
                raise DemoError(f"configs/retraining.toml has no {entry}")
        (home / "retraining.toml").write_text(text)
        os.environ |= {"BV_MODEL_STORE": str(home / "models"), "BV_RELOAD_SECONDS": "0.5"}
        self.service = SideCar(None, home / "service.log")
        self.first = self.current()

    def command(self, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        """What a command said. Raises DemoError for another exit code."""
        said = subprocess.run([PROGRAM, *words], cwd=self.home, capture_output=True, text=True, check=False)
        if said.returncode not in allowed:
            raise DemoError(f"{' '.join(words)} ended with {said.returncode}: {said.stderr.strip()[-800:]}")
        return said.stdout

    def retrain(self, *words: str, allowed: tuple[int, ...] = (0,)) -> Any:  # noqa: ANN401 JSON
        """A command of `retrain`, with this night's settings; the last line of what it said, read as JSON."""
        said = self.command("retrain", "--settings", "retraining.toml", *words, "--json", allowed=allowed)
        return json.loads(said if said.lstrip().startswith(("[", "{\n")) else said.strip().splitlines()[-1])

    def run(self, *words: str) -> dict[str, str]:
        """`retrain run`, on a small budget."""
        found: dict[str, str] = self.retrain("run", "--small", "--work", "work", "--by", "night.py", *words)
        return found

    def watch(self) -> int:
        """`drift watch --once`; how many alarms there are in all."""
        self.command("drift", "watch", "judgments.jsonl", "--url", self.service.url, "--once", "--json")
        return sum(one.kind == "alarm" for one in self.events(self.ledger))

    def events(self, log: Path) -> tuple[Any, ...]:
        """Of the journal or the ledger."""
        news = News(log)
        try:
            return news.read().events
        finally:
            news.close()

    def answer(self, *arguments: Any) -> str:  # noqa: ANN401 those of give_answers
        """People answer; how many answers."""
        with Journal(self.journal, fsync="never") as journal:
            return f"{give_answers(journal, *arguments):,} answers"

    def current(self) -> str:
        """The version that is current in the store."""
        return (self.home / "models" / NAME / "current").read_text().strip()

    def served(self) -> str:
        """The version that the service says it serves."""
        place = urlsplit(self.service.url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=5.0)
        try:
            connection.request("GET", "/v1/model")
            return str(json.loads(connection.getresponse().read())["version"])
        finally:
            connection.close()

    def log_loss(self, kind: str) -> float:
        """Mean log-loss of newcomers' first answers, as foreseen from the prior of the model that served then."""
        found = [
            one.log_loss
            for one in self.events(self.journal)
            if isinstance(one, WindowLine) and one.subject.startswith(kind) and one.log_loss is not None
        ]
        if not found:
            raise DemoError(f"no window of the people called {kind}…")
        return mean(found)


def expect(holds: object, said: str) -> None:
    """Raise DemoError unless something holds."""
    if not holds:
        raise DemoError(said)


def until(what: object, seconds: float, said: str) -> None:
    """Wait for a function to come true. Raises DemoError."""
    last = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        expect(time.monotonic() < last, said)
        time.sleep(0.1)


def quiet_night(night: Night, story: Story, regulars: list) -> None:
    """People are as the model expects them: nothing is to be done."""
    with story.step("people answer as the model expects") as said:
        said.append(night.answer(regulars, 2 * ANSWERS, 1))
        said.append(night.answer(people("early", NEWCOMERS, 2), ANSWERS, 2))
        said.append(f"{night.watch()} alarms")
    with story.step("a night in which nothing changed") as said:
        outcome = night.run()
        said.append(f"{outcome['code']}: {outcome['said']}")
        expect(outcome["code"] == "nothing", f"expected nothing to be done, got {outcome}")
        expect(night.current() == night.first, "a version was promoted without a reason")


def drift(night: Night, story: Story, regulars: list) -> None:
    """Everybody changes; the watch notices and the trigger fires."""
    with story.step(f"everybody's risk aversion moves by {MOVED} prior sd") as said:
        said.append(night.answer(moved(regulars, MOVED), 3 * ANSWERS, 3))
        said.append(night.answer(people("before", NEWCOMERS, 4, MOVED), ANSWERS, 4))
    with story.step("drift watch") as said:
        alarms = night.watch()
        said.append(f"{alarms} alarms")
        expect(alarms >= REGULARS // 10, "hardly anybody's change was noticed")
    with story.step("retrain check") as said:
        found = night.retrain("check")
        said.append(f"{found['plan']['code']}: {found['plan']['said']}")
        expect(found["plan"]["do"] == "train", f"the trigger did not fire: {found}")


def challenger(night: Night, story: Story) -> str:
    """Trained, held, compared again as people answer, found better, approved; its version."""
    with story.step("retrain run: a challenger is trained") as said:
        outcome = night.run()
        said.append(f"{outcome['code']}: {outcome['said']}")
        expect(outcome["code"] == "hold", f"nobody has answered since, so it must hold: {outcome}")
    for number in range(1, NIGHTS + 1):
        with story.step(f"people answer, and night {number} compares again") as said:
            said.append(
                night.answer(people(f"later{number}-", NEWCOMERS, 10 + number, MOVED), ANSWERS, 10 + number)
            )
            outcome = night.run()
            said.append(f"{outcome['code']}: {outcome['said']}")
            expect(outcome["code"] in {"hold", "asked"}, f"expected a better challenger, got {outcome}")
        if outcome["code"] == "asked":
            break
    expect(outcome["code"] == "asked", f"not known to be better after {NIGHTS} nights")
    with story.step("somebody approves") as said:
        (request,) = night.retrain("pending")
        expect(night.current() == night.first, "it was promoted before anybody said so")
        settings = ("--settings", "retraining.toml")
        night.command(
            "retrain", *settings, "approve", request["request"], "--by", "ann", "--why", "it is better"
        )
        said.append(f"request {request['request'][:8]} by ann")
        expect(night.current() == request["challenger"], "it was approved and is not current")
    return str(request["challenger"])


def recovery(night: Night, story: Story, version: str) -> None:
    """The service goes on to it, and newcomers are foreseen better."""
    with story.step("the service goes on to it by itself") as said:
        until(lambda: night.served() == version, 60.0, "the service did not go on to the new version")
        said.append(f"{version} serves")
    with story.step("newcomers like those before") as said:
        said.append(night.answer(people("after", NEWCOMERS, 4, MOVED), ANSWERS, 4))
        night.watch()
        early, before, after = (night.log_loss(kind) for kind in ("early", "before", "after"))
        said.append(
            f"log-loss {early:.4f} before the change, {before:.4f} after it, {after:.4f} by the new model"
        )
        expect(after < before, "newcomers are not foreseen better than by the model before")


def poison(night: Night, story: Story, version: str) -> None:
    """A challenger that does not do what it claims."""
    with story.step("a poisoned challenger") as said:
        outcome = night.run("--force", "--train-with", f"{sys.executable} {POISON}")
        said.append(f"{outcome['code']}: {outcome['said']}")
        expect(outcome["code"] == "rejected", f"expected a rejection, got {outcome}")
        expect(night.current() == version, "another version became current")


def fault(night: Night, story: Story) -> None:
    """The service dies and comes back; people are answered all the time."""
    case = {
        "wealth": 100.0,
        "options": [
            {"outcomes": [{"payoff": 0.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 12.0, "probability": 0.5}, {"payoff": -10.0, "probability": 0.5}]},
        ],
    }
    client = VerifierClient(night.service.url, timeout=1.0)
    with (
        story.step("the service is killed and started again") as said,
        client,
        Journal(night.journal) as book,
        JudgmentLayer(client, MetaJudgmentController(), book) as layer,
    ):
        sources = [layer.judge(case, subject="regular0").assessment.model_version]
        night.service.kill()
        sources.append(layer.judge(case, subject="regular0").assessment.model_version)
        night.service.start()
        night.service.wait_until_ready()
        until(
            lambda: layer.judge(case, subject="regular0").assessment.model_version,
            60.0,
            "it is not asked again",
        )
        said.append("answered before, by the controller meanwhile, and by the service again")
        expect(sources[0] and sources[1] is None, f"the fault was not seen: {sources}")


def audit(night: Night, story: Story, version: str) -> None:
    """Both logs are whole, and say which model answered when."""
    with story.step("which model answered when") as said:
        promoted = next(one for one in night.events(night.ledger) if one.kind == "promotion")
        for moment, expected in ((night.events(night.journal)[0].ts, night.first), (promoted.ts, version)):
            found = json.loads(night.command("models", "at", moment, "--json"))
            expect(found["current"]["version"] == expected, f"expected {expected} at {moment}, got {found}")
            said.append(f"at {moment[11:19]}: {expected[-12:]}")
    with story.step("journal and ledger are whole") as said:
        for log in ("judgments.jsonl", "ledger.jsonl"):
            said.append(night.command("journal", "verify", log).strip().splitlines()[0])


def tell(night: Night, story: Story) -> None:
    """The timeline, what the ledger says, and the KPIs."""
    print(f"\nthe night took {time.monotonic() - story.began:.0f} s")
    for at, took, name, said in story.lines:
        print(f"  {at:6.1f} s  {name} ({took:.1f} s): {said}")
    print(night.command("retrain", "history"))
    print(night.command("drift", "kpis", "judgments.jsonl", "--settings", "retraining.toml"))


def main() -> int:
    """Play the night; 0 if every step happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home", type=Path, default=Path("runs/night"), help="where its files go; emptied first"
    )
    home = parser.parse_args().home.resolve()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    story = Story()
    night = Night(home)
    regulars = people("regular", REGULARS, 0)
    try:
        with story.step("a service of the shipped model") as said:
            night.service.start()
            night.service.wait_until_ready()
            said.append(night.first)
        quiet_night(night, story, regulars)
        drift(night, story, regulars)
        version = challenger(night, story)
        recovery(night, story, version)
        poison(night, story, version)
        fault(night, story)
        audit(night, story, version)
        tell(night, story)
    except DemoError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    finally:
        night.service.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
