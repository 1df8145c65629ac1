"""What does the whole ring do with real people's choices, and what when its service dies on the way?

Replays price-list choices of the people in examples/ through the Judgment Layer: for each choice the layer
assesses the person, proposes an option, has it verified and journals it; the person approves if it is what they
really chose, and rejects it if not. Half-way the service is killed; later it is started again. At the end the
journal is checked: not one judgment may be missing.

With --url an already running service is used; it is not this script's to kill, so there is no fault then.
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
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.judgment import advantage, parse_judgments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer import Assessment

PEOPLE = Path(__file__).resolve().parent.parent / "examples" / "andersen2008_people.jsonl"
PROGRAM = Path(sys.executable).with_name("bayesian-verifier")
KILL_AT, RESTART_AT, BACK_BY = 0.50, 0.65, 0.85  # shares of the replay
PATIENCE = 120.0  # seconds to wait for a service to come up
# Holt & Laury (2002): what they call people whose r lies below each value.
CLASSES = [
    (-0.95, "highly risk loving"),
    (-0.49, "very risk loving"),
    (-0.15, "risk loving"),
    (0.15, "risk neutral"),
    (0.41, "slightly risk averse"),
    (0.68, "risk averse"),
    (0.97, "very risk averse"),
    (1.37, "highly risk averse"),
    (np.inf, "stay in bed"),
]


class DemoError(Exception):
    """The demo cannot go on, or did not show what it is for."""


class Service:
    """A side-car of our own on a free port of this machine; `kill` and `start` again keep the port."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._port = "0"
        self.url = ""

    def start(self) -> None:
        """Start the process and wait until it says where it listens. Raises DemoError."""
        command = [str(PROGRAM), "serve", "--host", "127.0.0.1", "--port", self._port]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                self._port = self.url.rpartition(":")[2]
                return
        raise DemoError(f"`{' '.join(command)}` ended before it listened")

    def kill(self) -> None:
        """End the process as a fault would: at once, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
