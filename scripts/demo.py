"""What does the whole ring do with real people's choices, and what when its service dies on the way?

Replays price-list choices of the people in examples/ through the Judgment Layer: for each choice the layer
assesses the person, proposes an option, has it verified and journals it; the person approves if it is what
they really chose, and rejects it if not. Half-way the service is killed; later it is started again. At the
end the journal is checked: not one judgment may be missing. Exit code 0 only if all of that was seen.

With --url an already running service is asked. It is not this script's to kill, so there is no fault then.
With --policy a trained policy ranks the options, before the fault, without the service and after it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from itertools import pairwise, zip_longest
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from side_car import PATIENCE, PROGRAM, DemoError, SideCar

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.judgment import Judgment, advantage, parse_judgments
from bayesian_verifier.policy import Policy, PolicyChooser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bayesian_verifier.judgment_layer import Assessment

PEOPLE = Path(__file__).resolve().parent.parent / "examples" / "andersen2008_people.jsonl"
KILL_AT, RESTART_AT, BACK_BY = 0.50, 0.65, 0.80  # shares of the replay
# Holt & Laury (2002): what they call people whose r lies above each value.
CLASSES = [
    (-np.inf, "highly risk loving"),
    (-0.95, "very risk loving"),
    (-0.49, "risk loving"),
    (-0.15, "risk neutral"),
    (0.15, "slightly risk averse"),
    (0.41, "risk averse"),
    (0.68, "very risk averse"),
    (0.97, "highly risk averse"),
    (1.37, "stay in bed"),
]


class Step(NamedTuple):
    """One judgment replayed: the person's own choice, what the layer proposed, and on whose word."""

    own: Judgment
    proposed: int | None
    assessment: Assessment

    @property
    def reached(self) -> bool:
        """Whether the verifier answered at all; an answer may be too wide to be used."""
        return self.assessment.model_version is not None


def people() -> dict[str, list[Judgment]]:
    """Each person's own choices, in the order of the file."""
    found = defaultdict(list)
    for judgment in parse_judgments([json.loads(line) for line in PEOPLE.read_text().splitlines()]):
        found[judgment.subject or ""].append(judgment)
    return dict(found)


def in_turns(choices: Iterable[Sequence[Judgment]]) -> Iterator[Judgment]:
    """Everybody's first choice, then everybody's second, and so on: one agent serves them all at once."""
    return (one for turn in zip_longest(*choices) for one in turn if one is not None)


def replay(layer: JudgmentLayer, own: Judgment) -> Step:
    """Let the layer propose and journal, and the person answer as their own choice says."""
    case = {"wealth": own.wealth, "options": [option.model_dump() for option in own.options]}
    decision = layer.judge(case, subject=own.subject)
    layer.feedback(decision.id, "approve" if decision.chosen == own.chosen else "reject")
    return Step(own, decision.chosen, decision.assessment)


def replay_all(
    layer: JudgmentLayer, service: SideCar, everything: list[Judgment], bar: Progress
) -> list[Step]:
    """Replay everything, with the fault on the way if the service is ours."""
    task = bar.add_task("replaying", total=len(everything))
    kill, restart, back = (round(len(everything) * share) for share in (KILL_AT, RESTART_AT, BACK_BY))
    steps: list[Step] = []
    for number, own in enumerate(everything):
        if service.is_ours and number == kill:
            service.kill()
            bar.console.print(f"[bold red]judgment {number}: the service is killed[/]; the replay goes on")
        if service.is_ours and number == restart:
            service.start()
            bar.console.print(f"[bold]judgment {number}: the service is started again[/]; the replay goes on")
        if service.is_ours and number == back:
            service.wait_until_ready()
            until_answered(layer, own.subject)
            bar.console.print(f"[bold]judgment {number}: the service is ready again[/]")
        steps.append(replay(layer, own))
        if number and steps[-1].reached != steps[-2].reached:
            said = "the verifier answers" if steps[-1].reached else "the controller stands in"
            bar.console.print(f"  judgment {number}: {said}. {steps[-1].assessment.explanation}")
        bar.advance(task)
    return steps


def until_answered(layer: JudgmentLayer, subject: str | None) -> None:
    """Wait until the client's circuit breaker has let a probe through to the service that is back."""
    deadline = time.monotonic() + PATIENCE
    while layer.assess(subject).breaker != "closed":
        if time.monotonic() > deadline:
            raise DemoError("the service is back, but the Judgment Layer does not ask it")
        time.sleep(0.1)


def holt_laury(choices: Sequence[Judgment]) -> str:
    """How many safe choices, which r contradict the fewest of them all, and Holt and Laury's word for it."""
    r = np.linspace(-4.0, 4.0, 1601)
    agree = np.sum([advantage(choice, r) >= 0 for choice in choices], axis=0)
    best = r[agree == agree.max()]
    low, high = np.clip([best[0], best[-1]], -2.0, 2.5)
    names = [name for least, name in CLASSES if (low + high) / 2 >= least]
    safe = sum(choice.chosen == 0 for choice in choices)
    low_text = f"{best[0]:.2f}" if best[0] > r[0] else "…"
    high_text = f"{best[-1]:.2f}" if best[-1] < r[-1] else "…"
    return f"{safe:2}/{len(choices)} safe, r {low_text} to {high_text}: {names[-1]}"


def report(layer: JudgmentLayer, everyone: dict[str, list[Judgment]], steps: list[Step]) -> Table:
    """Who was judged how often, what is believed now and on whose word, and what their choices say."""
    table = Table(title="After the replay")
    for heading in ("person", "judgments", "mean ± σ", "source", "while replaying", "what their choices say"):
        table.add_column(heading, justify="right" if heading == "judgments" else "left")
    for subject, choices in everyone.items():
        now = layer.assess(subject)
        source = now.source if now.reason is None else f"{now.source}: {now.reason}"
        by = Counter(step.assessment.source for step in steps if step.own.subject == subject)
        asked = ", ".join(f"{who} {count}" for who, count in sorted(by.items(), reverse=True))
        belief = f"{now.mean:5.2f} ± {now.sd:.2f}"
        table.add_row(subject, str(len(choices)), belief, source, asked, holt_laury(choices))
    return table


def whose_word(steps: list[Step]) -> str:
    """Who answered how often and why, and how fast."""
    who = Counter(step.assessment.reason or "verifier" for step in steps)
    times = [step.assessment.elapsed_ms for step in steps if step.reached]
    counts = ", ".join(f"{name} {count}" for name, count in who.most_common())
    return f"{counts}; median time to assess by the verifier {median(times or [0]):.1f} ms"


def check_fault(steps: list[Step]) -> None:
    """The verifier answered, then could not, then answered again. Raises DemoError."""
    kill, restart, back = (round(len(steps) * share) for share in (KILL_AT, RESTART_AT, BACK_BY))
    before, without, after = steps[:kill], steps[kill:restart], steps[back:]
    if not any(s.reached for s in before) or any(s.reached for s in without):
        raise DemoError("the fallback was not seen")
    if not any(s.reached for s in after):
        raise DemoError("the service was not seen to come back")


def check_journal(journal: Path, expected: int, console: Console) -> None:
    """`journal verify`, and one judgment and one answer for each choice replayed. Raises DemoError."""
    command = [PROGRAM, "journal", "verify", str(journal), "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    audit = json.loads(said.stdout) if said.stdout else {}
    kinds = audit.get("kinds", {})
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or said.stderr.strip()
    console.print(f"journal verify: {'whole' if audit.get('whole') else 'NOT whole'}, {counts}")
    if said.returncode or kinds.get("judgment") != expected or kinds.get("feedback") != expected:
        raise DemoError(f"expected {expected} judgments and as many answers in a whole journal")
    console.print(f"[bold green]{expected} of {expected} judgments are in the journal: none was lost[/]")
    if kinds.get("shadow"):
        console.print(shadows(journal))


def check_policy(journal: Path, steps: list[Step], console: Console) -> None:
    """Each judgment was ranked by the policy, on the word of whoever answered. Raises DemoError."""
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    sources = {event["id"]: event["source"] for event in events if event["kind"] == "judgment"}
    traces = [event for event in events if event["kind"] == "policy"]
    if len(traces) != len(steps) or any(one["source"] != sources[one["judgment"]] for one in traces):
        raise DemoError(f"expected a trace of the policy for each of {len(steps)} judgments")
    by = ", ".join(f"{source} {count}" for source, count in Counter(one["source"] for one in traces).items())
    console.print(f"[bold green]every choice was ranked by policy {traces[0]['policy']}[/], told by: {by}")


def shadows(journal: Path) -> str:
    """How often the controller was tried where it was not needed, and how near it came."""
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    seen = [event for event in events if event["kind"] == "shadow"]
    apart = [abs(event["difference"]) for event in seen if event["difference"] is not None]
    other = sum(bool(event["other_choice"]) for event in seen)
    return (
        f"the controller was tried beside the verifier {len(seen)} times: "
        f"median {median(apart or [0]):.2f} sd apart, {other} times it would have chosen another option"
    )


def agreement(steps: list[Step]) -> str:
    """How often the layer proposed what the person chose, early and late."""
    edges = [0, len(steps) // 3, 2 * len(steps) // 3, len(steps)]
    thirds = [steps[a:b] for a, b in pairwise(edges)]
    shares = [sum(s.proposed == s.own.chosen for s in third) / len(third) for third in thirds]
    return ", ".join(f"{share:.0%}" for share in shares)


def main() -> int:
    """Run the demo; 0 if it showed all it should."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="a running service, http://host:port; by default one is started")
    parser.add_argument("--policy", action="store_true", help="have the shipped policy rank the options")
    parser.add_argument("--journal", type=Path, help="where to keep the journal; must not exist yet")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160)
    if arguments.journal and arguments.journal.exists():
        parser.error(f"{arguments.journal} exists already")
    with tempfile.TemporaryDirectory() as scratch:
        service = SideCar(arguments.url, Path(scratch) / "service.log")
        try:
            journal = arguments.journal or Path(scratch) / "judgments.jsonl"
            run(service, journal, console, with_policy=arguments.policy)
        except DemoError as exc:
            print(f"error: {exc}", file=sys.stderr)
            return 1
        finally:
            service.kill()
    return 0


def run(service: SideCar, journal: Path, console: Console, *, with_policy: bool) -> None:
    """The demo itself. Raises DemoError."""
    everyone = people()
    everything = list(in_turns(everyone.values()))
    if service.is_ours:
        console.print("starting `bayesian-verifier serve` on a free port")
        service.start()
    service.wait_until_ready()
    token_file = os.environ.get("BV_TOKEN_FILE")
    token = Path(token_file).read_text().strip() if token_file else None
    console.print(f"ready at {service.url}; {len(everyone)} people, {len(everything)} choices")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    client = VerifierClient(service.url, token=token)
    chooser = PolicyChooser(Policy.shipped()) if with_policy else None
    with (
        client,
        Journal(journal) as book,
        JudgmentLayer(client, MetaJudgmentController(), book, chooser=chooser) as layer,
    ):
        with Progress(*columns, console=console) as bar:
            steps = replay_all(layer, service, everything, bar)
        console.print(report(layer, everyone, steps))
    console.print(f"assessed by: {whose_word(steps)}")
    console.print(f"proposed what the person chose, by thirds of the replay: {agreement(steps)}")
    if service.is_ours:
        check_fault(steps)
    check_journal(journal, len(everything), console)
    if with_policy:
        check_policy(journal, steps, console)


if __name__ == "__main__":
    sys.exit(main())
