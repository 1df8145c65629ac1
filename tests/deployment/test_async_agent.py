"""Does the example for event loops do what it says, with a service and without?"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "async_agent.py"


def test_without_a_service_everybody_is_decided_for() -> None:
    """By the controller, and whoever wants less for sure is called the more risk averse.

    Anew where the machine needed more than the 50 ms of the example to read what somebody had said.
    """
    with socket.socket() as never_listens:
        never_listens.bind(("127.0.0.1", 0))
        command = [
            sys.executable,
            "-W",
            "error",
            EXAMPLE,
            f"http://127.0.0.1:{never_listens.getsockname()[1]}",
        ]
        for _ in range(5):
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            told = re.findall(
                r"^(\w+): (-?[\d.]+) ± [\d.]+, by the controller \(\w+\)$", done.stdout, re.MULTILINE
            )
            assert [name for name, _ in told] == ["ada", "ben", "cleo"]
            means = [float(mean) for _, mean in told]
            if means == sorted(means, reverse=True):
                break
    assert means == sorted(means, reverse=True)
