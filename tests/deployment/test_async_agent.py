"""Does the example for event loops do what it says, with a service and without?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bayesian_verifier.serving import listen_tcp

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "async_agent.py"


def test_without_a_service_everybody_is_decided_for() -> None:
    """By the controller, and whoever wants less for sure is called the more risk averse."""
    with listen_tcp("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "error", EXAMPLE, f"http://127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = re.findall(r"^(\w+): (-?[\d.]+) ± [\d.]+, by the controller \(\w+\)$", done.stdout, re.MULTILINE)
    assert [name for name, _ in told] == ["ada", "ben", "cleo"]
    means = [float(mean) for _, mean in told]
    assert means == sorted(means, reverse=True)
