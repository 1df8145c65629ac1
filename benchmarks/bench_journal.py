"""How many lines a second does the journal take, beside logging's handlers under the same guarantees?

One process and eight, each policy, all in one run and in turn. What is lost or torn when eight write is
counted, because a handler that loses lines is fast. Catching up, which a process does once, is timed too.
Writes results/journal.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _appenders import FIELDS, SUBJECTS
from _record import about, say, write
from rich.console import Console
from rich.table import Table

from bayesian_verifier.journal import Journal

_PROGRAM = Path(__file__).with_name("_appenders.py")
#: What each policy is compared with: the handler that promises as much to any number of processes.
PEERS = {"never": "locked", "interval": "locked", "always": "locked_synced"}


def measured(subject: str, processes: int, count: int) -> dict[str, float]:
    """Lines a second of so many processes of `count` lines each, and how many lines are not in the files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.jsonl"
        arguments = [sys.executable, str(_PROGRAM), subject, str(path), str(count)]
        workers = [
            subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        spans = [tuple(map(float, worker.communicate()[0].split())) for worker in workers]
        lines = processes * count
        return {
            "per_second": lines / (max(end for _, end in spans) - min(start for start, _ in spans)),
            "lost": lines + processes - _whole_lines(Path(folder)),
        }


def _whole_lines(folder: Path) -> int:
    whole = 0
    for file in folder.glob("lines*.jsonl*"):
        for line in file.read_bytes().split(b"\n")[:-1]:
            try:
                whole += "comment" in json.loads(line)
            except ValueError:
                continue
    return whole


def throughput(rounds: int, lines: int, synced_lines: int) -> dict[str, Any]:
    """Medians over rounds of all subjects in turn."""
    found: dict[str, dict[int, list[dict[str, float]]]] = {name: {1: [], 8: []} for name in SUBJECTS}
    for number in range(rounds):
        for name, subject in SUBJECTS.items():
            say(f"round {number + 1} of {rounds}: {subject.title}")
            for processes in (1, 8):
                total = synced_lines if name in {"always", "synced", "locked_synced"} else lines
                found[name][processes].append(measured(name, processes, total // processes))
    return {
        name: {
            "title": SUBJECTS[name].title,
            "survives": SUBJECTS[name].survives,
            "processes": SUBJECTS[name].processes,
            "rotates": SUBJECTS[name].rotates,
            "one": round(statistics.median(one["per_second"] for one in runs[1])),
            "eight": round(statistics.median(one["per_second"] for one in runs[8])),
            "lost_of_eight": int(sum(one["lost"] for one in runs[8])),
        }
        for name, runs in found.items()
    }


def catching_up(lines: int) -> dict[str, float]:
    """Seconds until a new process knows a journal of so many judgments of a thousand people."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "judgments.jsonl"
        with Journal(path, fsync="never") as journal:
            for number in range(lines):
                # as much of a judgment as an index reads
                journal.append("judgment", {"subject": f"person {number % 1000}", **FIELDS, "number": number})
        start = time.perf_counter()
        Journal(path).catch_up()
        seconds = time.perf_counter() - start
        return {"lines": lines, "seconds": round(seconds, 3), "us_per_line": round(1e6 * seconds / lines, 2)}


def main() -> None:
    """Measure, write, and show a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer lines, one round")
    quick = parser.parse_args().quick
    # a second's worth for the slowest of each kind
    rounds, lines, synced_lines = (1, 4000, 400) if quick else (5, 40_000, 8000)
    figures = about("none", quick=quick)
    found = throughput(rounds, lines, synced_lines)
    ratios = {
        ours: {how: round(found[ours][how] / found[peer][how], 2) for how in ("one", "eight")}
        for ours, peer in PEERS.items()
    }
    catch_up = catching_up(20_000 if quick else 1_000_000)
    write(
        "journal",
        {"about": figures, "throughput": found, "ratios": ratios, "peers": PEERS, "catch_up": catch_up},
    )
    table = Table(title="lines a second")
    for heading in ("what", "one process", "eight", "lost of eight"):
        table.add_column(heading)
    for one in found.values():
        table.add_row(one["title"], str(one["one"]), str(one["eight"]), str(one["lost_of_eight"]))
    Console().print(table)
    Console().print(ratios, catch_up)


if __name__ == "__main__":
    main()
