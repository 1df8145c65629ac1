"""Is the dashboard smooth with a hundred thousand events, and does it disturb the service it stands beside?

A journal of 100,000 events is read from nothing; then its views are asked for, drawn in a real Chromium, scrolled, and
an event that another process appends is waited for on the screen. At last the service answers posteriors with the
page beside it: while nobody looks, while the page reads, and while it is open. Writes results/dashboard.json.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from _page_journals import event_journal
from _record import about, say, spread, write

from bayesian_verifier.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from chromium import Browser, find_chromium

PROGRAM = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()"]
VIEWS = ("people", "population", "operations", "ledger")
BODY = json.dumps(
    {
        "judgments": [
            {
                "options": [
                    {"outcomes": [{"payoff": 40.0, "probability": 1.0}]},
                    {
                        "outcomes": [
                            {"payoff": 100.0, "probability": 0.5},
                            {"payoff": 0.0, "probability": 0.5},
                        ]
                    },
                ],
                "chosen": 0,
                "feedback": "approve",
            }
        ]
    }
)
# since the page was asked for, once what was drawn is on the screen
DRAWN = """new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""
# the longest time between two frames while a page is scrolled from top to bottom in 1.5 s
SCROLL = """new Promise((done) => {
  const gaps = []; const start = performance.now(); let last = start;
  const length = document.documentElement.scrollHeight - innerHeight;
  const step = (now) => {
    gaps.push(now - last); last = now;
    scrollTo(0, length * Math.min(1, (now - start) / 1500));
    if (now - start < 1500) requestAnimationFrame(step); else done(gaps.slice(1));
  };
  requestAnimationFrame(step);
})"""


@contextmanager
def started(arguments: list[str], said: str, **settings: str) -> Iterator[str]:
    """The address that a command says it listens on."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BV_")} | settings
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    try:
        address = next(line.split()[-1] for line in process.stdout if line.startswith(said))
        yield address.removesuffix("/dashboard/")
    finally:
        process.terminate()
        process.communicate()


class Client:
    """Asks one address over one connection."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)

    def ask(self, path: str, body: str | None = None) -> bytes:
        """The reply's body."""
        headers = {"Content-Type": "application/json"} if body else {}
        self._connection.request("POST" if body else "GET", path, body, headers)
        reply = self._connection.getresponse()
        content = reply.read()
        assert reply.status == http.HTTPStatus.OK, content
        return content

    def state(self) -> dict[str, Any]:
        """How far the page is."""
        found: dict[str, Any] = json.loads(self.ask("/dashboard/api/state"))
        return found


def reading(client: Client) -> dict[str, float]:
    """Seconds from the first question until everything is read, and until every window is heard."""
    began = time.perf_counter()
    read = 0.0
    while True:
        state = client.state()
        if not state["reading"] and not read:
            read = time.perf_counter() - began
        if not state["reading"] and not state["waiting"]:
            return {"read_s": round(read, 3), "heard_s": round(time.perf_counter() - began, 3)}
        time.sleep(0.05)


def replies(client: Client, key: str, rounds: int) -> dict[str, dict[str, float]]:
    """How long each view's data takes, and how long it is."""
    found = {}
    paths = {**{view: view for view in VIEWS}, "person": f"people/{key}", "state": "state"}
    for name, path in paths.items():
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            content = client.ask(f"/dashboard/api/{path}")
            times.append(time.perf_counter() - began)
        found[name] = {**spread(times), "kB": round(len(content) / 1024, 1)}
    return found


def seen(browser: Browser, url: str, key: str, journal: Path) -> dict[str, Any]:
    """First paint, scrolling and an update, of each view."""
    paint, scrolled = {}, {}
    for view in (*VIEWS, f"person/{key}"):
        name = view.partition("/")[0]
        browser.open("about:blank")
        browser.open(f"{url}/dashboard/#/{view}")
        browser.wait(f"document.getElementById('main')?.dataset.view === '{name}'")
        paint[name] = round(browser.evaluate(DRAWN))
        gaps = sorted(browser.evaluate(SCROLL))
        scrolled[name] = {"p50_ms": round(statistics.median(gaps), 1), "longest_ms": round(gaps[-1], 1)}
    browser.open("about:blank")
    browser.open(f"{url}/dashboard/#/people?order=recent")
    browser.wait("document.getElementById('live')?.textContent === 'live'")
    updates = []
    for number in range(5):
        with Journal(journal, fsync="never") as appended:
            fields = {
                "subject": f"news {number}",
                "chosen": 0,
                "verdict": "proved",
                "source": "verifier",
                "reason": None,
            }
            appended.append("judgment", {**fields, "posterior": {"mean": 0.5, "sd": 0.2, "quantiles": None}})
        began = time.perf_counter()
        browser.wait(f"document.querySelector('main tbody')?.textContent.includes('news {number}')")
        updates.append(round(time.perf_counter() - began, 3))
        time.sleep(1.0)
    return {
        "first_paint_ms": paint,
        "scroll": scrolled,
        "update_s": updates,
        "complaints": browser.complaints,
    }


def posteriors(client: Client, until: threading.Event | None, count: int) -> dict[str, float]:
    """How long the service takes for a posterior: so many, or until something is over."""
    times: list[float] = []
    while len(times) < count or (until is not None and not until.is_set()):
        began = time.perf_counter()
        client.ask("/v1/posterior", BODY)
        times.append(time.perf_counter() - began)
        time.sleep(0.002)
    return spread(times)


def beside_the_service(journal: Path, count: int) -> dict[str, Any]:
    """Posteriors while nobody looks, while the page reads, and while it is open and asked once a second."""
    with started(
        ["serve", "--port", "0"], "listening on ", BV_JOURNAL=str(journal), BV_RELOAD_SECONDS="0"
    ) as url:
        client, page = Client(url), Client(url)
        until_ready(client)
        posteriors(client, None, 200)
        alone = posteriors(client, None, count)
        over = threading.Event()

        def read() -> None:
            reading(page)
            over.set()

        threading.Thread(target=read).start()
        while_reading = posteriors(client, over, 50)
        over.clear()

        def look() -> None:
            for _ in range(5):
                page.ask("/dashboard/api/population")
                time.sleep(1.0)
            over.set()

        threading.Thread(target=look).start()
        return {"alone": alone, "while_reading": while_reading, "while_open": posteriors(client, over, 50)}


def until_ready(client: Client) -> None:
    """Wait for the model."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            client.ask("/health/ready")
        except AssertionError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the service was not ready in 300 s")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events")
    quick = parser.parse_args().quick
    events = 10_000 if quick else 100_000
    figures = about("shipped", quick=quick)
    found: dict[str, Any] = {"about": figures, "events": events}
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "judgments.jsonl"
        say(f"writing {events} events")
        event_journal(journal, events)
        with Journal(journal.with_name("ledger.jsonl"), fsync="never") as ledger:
            for number in range(events // 1000):
                ledger.append("alarm", {"window": str(number), "number": 1, "statistic": 2e3, "moved": 1.0})
        with started(["dashboard", "--port", "0", "--journal", str(journal)], "the dashboard is at ") as url:
            client = Client(url)
            found["reading"] = reading(client)
            key = json.loads(client.ask("/dashboard/api/people?order=judgments&limit=1"))["people"][0]["key"]
            say("asking for views")
            found["replies"] = replies(client, key, 5 if quick else 30)
            program = find_chromium()
            if program is not None:
                say("drawing in Chromium")
                with Browser(program) as browser:
                    found["seen"] = seen(browser, url, key, journal)
        say("beside the service")
        found["service"] = beside_the_service(journal, 200 if quick else 2000)
    write("dashboard", found)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
