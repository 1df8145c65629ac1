"""Under a server that is not ours the application still says "not ready" as soon as a signal comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from bayesian_verifier.serving._signals import told_of_signals
from serving.raw import Raw, get, post

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys, time
import uvicorn
from bayesian_verifier.serving import compile_engine, create_app
from serving.closed_form import ClosedFormSimulator, closed_form_model

engine = compile_engine(closed_form_model(), ClosedFormSimulator(), points=64)

def slow_seed():
    print("taken", flush=True)
    while not app.state.service.leaving:
        time.sleep(0.001)
    return 7

app = create_app(lambda: engine, make_seed=slow_seed, own_signals=True)
uvicorn.run(app, uds=sys.argv[1], log_config=None)
"""


def connected(path: Path) -> Raw:
    import socket

    deadline = time.monotonic() + 60
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return Raw(connection)


def test_under_uvicorn_readiness_flips_at_the_signal_and_what_was_accepted_is_answered(
    tmp_path: Path,
) -> None:
    """On a connection that is open already: its next readiness is 503, and the posterior in flight is a 200."""
    path = tmp_path / "socket"
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert program.stdout is not None
        asking = connected(path)
        while True:
            asking.send(get("/health/ready"))
            if (reply := asking.reply()) is not None and reply.status == 200:
                break
            time.sleep(0.05)
        asking.send(post(b'{"judgments": [], "draws": 1}') + get("/health/ready"))
        assert program.stdout.readline() == "taken\n"
        program.send_signal(signal.SIGTERM)
        posterior, ready = asking.reply(), asking.reply("GET")
        assert posterior is not None
        assert ready is not None
        assert (posterior.status, ready.status) == (200, 503)
        assert program.wait(60) in (0, -signal.SIGTERM)
        asking.connection.close()
    finally:
        program.kill()
        program.communicate()


def test_handlers_are_called_in_turn_and_put_back() -> None:
    """Ours first, then the server's; afterwards the server's alone."""
    heard: list[str] = []
    former = signal.signal(signal.SIGTERM, lambda *_: heard.append("server"))
    try:
        with told_of_signals(lambda: heard.append("application")):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, former)
    assert heard == ["application", "server", "server"]


def test_off_the_main_thread_nothing_is_done() -> None:
    """Where Python could not set a handler anyway."""
    failed: list[BaseException] = []

    def enter() -> None:
        try:
            with told_of_signals(lambda: None):
                pass
        except BaseException as error:  # noqa: BLE001 none is expected, whatever it is
            failed.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(60)
    assert failed == []
