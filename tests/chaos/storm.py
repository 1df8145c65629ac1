"""How is a storm made? A service, a proxy, callers, writers and strangers, and what happens to them on the way.

Everything is written into one directory, from which `chaos.checker` decides what held.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.burst import burst
from chaos.places import PATIENCE, end_group, free_ports, has_begun, leave_stale, wait_for
from chaos.record import keep_what_is_said, opened, saying

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from chaos.plans import Plan

TESTS = Path(__file__).resolve().parents[1]
DRAIN_SECONDS = 0.3
SERVE = ("-c", "from bayesian_verifier.cli import main; main()")


class Storm:
    """The processes of one storm, all gone when its block ends.

    directory: for everything that is written.   cache: compiled functions.   callers: processes of them.
    """

    def __init__(
        self, plan: Plan, directory: Path, cache: Path, *, callers: int = 2, writers: int = 2
    ) -> None:
        self.plan = plan
        self.directory = directory
        self.journal = directory / "judgments.jsonl"
        self._cache = cache
        self._callers = callers
        self._writers = writers
        self._say = saying(opened(directory / "storm.jsonl"))
        self._chance = random.Random(f"{plan.seed}/storm")
        self._stack = ExitStack()
        self._server: subprocess.Popen[bytes] | None = None
        self._calling: list[tuple[dict[str, Any], subprocess.Popen[bytes]]] = []
        self._copies: list[threading.Thread] = []
        self._tcp, self._full = free_ports(random.SystemRandom())

    # processes

    def _start(self, *command: str, out: Path | None = None, **environ: str) -> subprocess.Popen[bytes]:
        """A process in a group of its own, dead when the storm is over; what it says is kept in a file."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
        path = os.pathsep.join(filter(None, (str(TESTS), clean.get("PYTHONPATH"))))
        with (self.directory / "stderr.txt").open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=clean | {"PYTHONPATH": path} | environ,
                stdout=subprocess.DEVNULL if out is None else subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._stack.callback(end_group, process)
        if out is not None:
            self._copies.append(keep_what_is_said(process, out))
        return process

    def _orders(
        self, module: str, orders: dict[str, Any], out: Path | None = None
    ) -> subprocess.Popen[bytes]:
        return self._start("-m", f"chaos.{module}", json.dumps(orders), out=out)

    def _start_server(self) -> None:
        self._server = self._start(
            *SERVE,
            "serve",
            BV_UDS=str(self.directory / "service.sock"),
            BV_COMPILATION_CACHE=str(self._cache),
            BV_DRAIN_SECONDS=str(DRAIN_SECONDS),
        )
        self._say("server", what="started", pid=self._server.pid)

    def _start_proxy(self) -> None:
        orders = {
            "tcp": self._tcp,
            "full": self._full,
            "unix": str(self.directory / "proxy.sock"),
            "upstream": str(self.directory / "service.sock"),
            "seed": self.plan.seed,
            "log": str(self.directory / "proxy.jsonl"),
        }
        self._proxy = self._orders("proxy", orders, self.directory / "proxy.out")
        wait_for((self.directory / "proxy.sock").exists, "the proxy")

    def _start_callers(self, number: int) -> None:
        kind = ("threads", "loop")[number % 2]
        generation = len(self._calling)
        orders = {
            "name": f"{kind}-{number}.{generation}",
            "kind": kind,
            "number": number,
            "urls": {
                "tcp": f"http://localhost:{self._tcp}",
                "unix": f"http+unix://{self.directory}/proxy.sock",
                "dead-full": f"http://127.0.0.1:{self._full}",
                "dead-stale": f"http+unix://{self.directory}/stale.sock",
            },
            "journal": str(self.journal),
            "seed": self.plan.seed,
        }
        process = self._orders("caller", orders, self.directory / f"caller-{generation}.jsonl")
        self._calling.append((orders, process))

    def is_ready(self) -> bool:
        """Whether the service would serve at full speed; asked beside the proxy."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1.0)
                probe.connect(str(self.directory / "service.sock"))
                probe.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return probe.recv(64).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False

    def _wait_until_ready(self) -> None:
        wait_for(self.is_ready, "the service")
        self._say("server", what="ready")

    # the course of it

    @contextmanager
    def _running(self) -> Iterator[None]:
        with self._stack:
            leave_stale(self.directory / "stale.sock")
            self._start_server()
            self._start_proxy()
            self._wait_until_ready()
            for number in range(self._callers):
                self._start_callers(number)
            orders = {"journal": str(self.journal), "seed": self.plan.seed, "count": self._writers}
            self._writing = self._orders("writers", orders, self.directory / "writers.jsonl")
            self._strange = self._orders("strangers", {"tcp": self._tcp, "seed": self.plan.seed})
            yield
        for copy in self._copies:
            copy.join()

    def run(self, seconds: float = math.inf, progress: Callable[[float], None] = lambda _: None) -> None:
        """From beginning to end.

        seconds: after which nothing further happens.   progress: told the seconds since the storm began, each second.
        """
        with self._running():
            since = time.monotonic()

            def rest(pause: float) -> None:
                until = time.monotonic() + pause
                while (left := until - time.monotonic()) > 0:
                    progress(time.monotonic() - since)
                    time.sleep(min(left, 1.0))

            for pause, action in self.plan.actions:
                if time.monotonic() - since + pause > seconds:
                    break
                rest(pause)
                self._act(action)
            rest(self.plan.rest)
            self._finish()

    def _act(self, action: str) -> None:
        server = self._server
        assert server is not None
        if action == "kill caller":
            number = self._chance.randrange(self._callers)
            self._kill_caller(number)
        elif action == "stop":
            self._say("server", what="stopped")
            server.send_signal(signal.SIGSTOP)
            time.sleep(self._chance.uniform(0.2, 0.8))
            server.send_signal(signal.SIGCONT)
            self._say("server", what="continued")
        elif action == "terminate":
            self._terminate(server)
            self._start_server()
            self._wait_until_ready()
        else:
            self._say("server", what="killed")
            server.kill()
            server.wait()
            time.sleep(0.3)  # the socket that it left is stale
            self._start_server()
            self._wait_until_ready()

    def _terminate(self, server: subprocess.Popen[bytes]) -> None:
        """Told to leave while it has much to do."""
        asking = burst(self.directory / "proxy.sock")
        time.sleep(0.05)
        self._say("server", what="terminated", drain_seconds=DRAIN_SECONDS)
        server.send_signal(signal.SIGTERM)
        code = server.wait(PATIENCE)
        self._say("server", what="exited", code=code)
        for thread in asking:
            thread.join()

    def _kill_caller(self, number: int) -> None:
        """One of those that live, with whatever it had begun; another comes in its place."""
        orders, process = self._alive()[number]
        process.kill()
        process.wait()
        self._say("caller killed", name=orders["name"])
        self._start_callers(number)

    def _alive(self) -> list[tuple[dict[str, Any], subprocess.Popen[bytes]]]:
        """Orders and process of each caller that lives, by its number."""
        living = [one for one in self._calling if one[1].poll() is None]
        return sorted(living, key=lambda one: one[0]["number"])

    def _finish(self) -> None:
        """In order, so that everything that began has ended; then readers read what is left."""
        for generation, (_, process) in enumerate(self._calling):
            if process.poll() is None:
                # one that has not got so far yet would die of the signal
                wait_for(partial(has_begun, self.directory / f"caller-{generation}.jsonl"), "a caller")
        wait_for(partial(has_begun, self.directory / "writers.jsonl"), "a writer")
        ending = [process for _, process in self._alive()]
        self._strange.kill()
        for process in [*ending, self._writing]:
            process.terminate()
        for process in [*ending, self._writing]:
            self._say("ended", code=process.wait(PATIENCE))
        assert self._server is not None
        self._terminate(self._server)
        self._proxy.terminate()
        self._proxy.wait(PATIENCE)
        self._read("journal", "verify")

    def _read(self, *arguments: str) -> None:
        """A reader of ours on what is left: whether it crashed."""
        command = [sys.executable, *SERVE, *arguments, str(self.journal)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        crashed = done.returncode not in (0, 1) or "Traceback" in done.stderr
        self._say("reader", command=" ".join(arguments), code=done.returncode, crashed=crashed)
