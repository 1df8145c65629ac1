"""What does a caller feel of a reload, and what is left of it in memory?

    python benchmarks/bench_reload.py            half a minute of quiet, 10 + 20 reloads
    python benchmarks/bench_reload.py --quick    the same in a minute, for the shape alone

One client asks every 5 ms about a person with 32 judgments, or as soon as it has its answer. Meanwhile the
service is told by SIGHUP to go to another version and back: once with nothing compiled, so that each reload
compiles, and once with the cache of compiled functions. Writes results/reload.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import _people
import httpx
from _record import about, say, spread, write
from _server_process import free_port, memory_mb, serving
from load import Exchange, Target

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
NAME = "bayesian-verifier"
EVERY_SECONDS = 0.005
#: a client's usual patience
DEADLINE_MS = 50.0
PROGRAM = "from bayesian_verifier.cli import main; main()"


class Effort(NamedTuple):
    """Seconds of quiet, and reloads without and with a cache."""

    quiet: float
    cold: int
    warm: int


FULL, QUICK = Effort(30.0, 10, 20), Effort(5.0, 2, 6)


class Caller(threading.Thread):
    """Asks every 5 ms over one connection. asked: when, and how long it took, in seconds."""

    def __init__(self, target: Target, body: bytes) -> None:
        super().__init__(daemon=True)
        self._target, self._body = target, body
        self._over = threading.Event()
        self.asked: list[tuple[float, float]] = []
        self.failed = 0

    def run(self) -> None:
        """Until told to leave."""
        due = time.perf_counter()
        with Exchange(self._target) as exchange:
            while not self._over.is_set():
                time.sleep(max(0.0, due - time.perf_counter()))
                asked = time.perf_counter()
                status, _ = exchange.post(self._body)
                self.failed += status != httpx.codes.OK
                self.asked.append((asked, time.perf_counter() - asked))
                due = max(due + EVERY_SECONDS, time.perf_counter())

    def leave(self) -> None:
        """Ask no more."""
        self._over.set()
        self.join()

    def within(self, began: float, ended: float) -> list[float]:
        """What calls took that were made between the two."""
        return [seconds for asked, seconds in self.asked if began <= asked <= ended]


def two_versions(root: Path) -> tuple[ModelStore, str, str]:
    """The shipped store and a copy of its model under another name."""
    shutil.copytree(SHIPPED, root)
    store = ModelStore(root)
    first, second = str(store.current(NAME)), "2099-01-01T00-00-00Z-copy"
    with store.publishing(NAME, second) as directory:
        shutil.copytree(store.path(NAME, first), directory, dirs_exist_ok=True)
        manifest = json.loads((directory / "manifest.json").read_bytes())
        (directory / "manifest.json").write_text(json.dumps(manifest | {"version": second}))
    return store, first, second


def reloaded(pid: int, client: httpx.Client, version: str) -> tuple[float, float]:
    """When a reload to a version began and ended."""
    began = time.perf_counter()
    os.kill(pid, signal.SIGHUP)
    while client.get("/v1/model").json()["version"] != version:
        time.sleep(0.05)
    # what is freed after the swap belongs to it
    time.sleep(0.2)
    return began, time.perf_counter()


def measured(body: bytes, cache: str, reloads: int, quiet: float, folder: Path) -> dict[str, Any]:
    """A service of its own, first left alone, then reloaded so many times."""
    store, first, second = two_versions(folder / "store")
    port = free_port()
    told = {"BV_PORT": str(port), "BV_MODEL_STORE": str(store.root), "BV_RELOAD_SECONDS": "0"}
    environ = {**os.environ, **told, "BV_COMPILATION_CACHE": cache}
    command = [sys.executable, "-c", PROGRAM, "serve"]
    target = Target(port, None)
    log = folder / "log"
    with (
        serving(command, target, environ=environ, cwd=folder, body=body, log=log) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        pid = server.process.pid
        caller = Caller(target, body)
        caller.start()
        began = time.perf_counter()
        time.sleep(quiet)
        calm = caller.within(began, time.perf_counter())
        spans, resident = [], []
        for turn in range(reloads):
            version = second if turn % 2 == 0 else first
            store.promote(NAME, version)
            spans.append(reloaded(pid, client, version))
            resident.append((memory_mb(pid) or {}).get("resident_mb"))
        caller.leave()
        disturbed = [seconds for span in spans for seconds in caller.within(*span)]
        page = client.get("/health").json()
    return {
        "quiet": _told(calm),
        "reloading": _told(disturbed),
        "reload_seconds": round(sum(end - start for start, end in spans) / len(spans), 2),
        "failed": caller.failed,
        "recompilations": page["recompilations"],
        "resident_mb": resident,
    }


def _told(seconds: list[float]) -> dict[str, float]:
    late = sum(1e3 * one > DEADLINE_MS for one in seconds)
    return spread(seconds) | {"max_ms": round(1e3 * max(seconds), 2), "later_than_50_ms": late}


def main() -> None:
    """Measure both, write them and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    effort = QUICK if parser.parse_args().quick else FULL
    quick = effort is QUICK
    body = _people.body_of(_people.person(1, 32))
    figures: dict[str, Any] = {"about": about(str(ModelStore(SHIPPED).current(NAME)), quick=quick)}
    with tempfile.TemporaryDirectory() as name:
        for kind, reloads in (("cold", effort.cold), ("warm", effort.warm)):
            folder = Path(name) / kind
            folder.mkdir()
            cache = "off" if kind == "cold" else str(folder / "cache")
            figures[kind] = found = measured(body, cache, reloads, effort.quiet, folder)
            say(f"{kind}: {json.dumps(found)}")
    write("reload", figures)


if __name__ == "__main__":
    main()
