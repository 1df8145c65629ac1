"""A folder with the files that the pages speak of, and the service that they ask."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from documentation import ROOT, blocks, page

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("bayesian-verifier")
PORT = "127.0.0.1:8080"


@contextmanager
def served(log: Path) -> Iterator[str]:
    """The service over the shipped model, on a free port."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    settings = {"BV_PORT": "0", "BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")}
    with log.open("w") as said:
        process = subprocess.Popen(
            [PROGRAM, "serve"], env=clean | settings, stdout=subprocess.PIPE, stderr=said, text=True
        )
    try:
        assert process.stdout is not None
        place = process.stdout.readline().strip().removeprefix("listening on ")
        deadline = time.monotonic() + 120
        while httpx.get(f"{place}/health/ready", timeout=30).status_code != 200:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield place.removeprefix("http://")
    finally:
        process.kill()
        process.communicate()


SURE = {"outcomes": [{"payoff": 40, "probability": 1}]}
COIN = {"outcomes": [{"payoff": 100, "probability": 0.5}, {"payoff": 0, "probability": 0.5}]}


def kept(path: Path, subject: str) -> None:
    """A journal of a person who was asked three times while nobody answered."""
    with Journal(path) as journal, VerifierClient("http://127.0.0.1:9") as nobody:
        layer = JudgmentLayer(nobody, MetaJudgmentController(), journal, shadow=1.0)
        for _ in range(3):
            layer.feedback(layer.judge({"options": [SURE, COIN]}, subject=subject).id, "approve")


def laid(folder: Path, service: str) -> dict[str, str]:
    """Lay out the files in a folder. Gives what stands for what on the pages, and the folder."""
    for name in ("examples", "configs", "scripts"):
        (folder / name).symlink_to(ROOT / name)
    for name, subject in (("judgments", "ada"), ("berlin", "ben"), ("lagos", "cleo")):
        kept(folder / f"{name}.jsonl", subject)
    lines = (folder / "judgments.jsonl").read_bytes().splitlines(keepends=True)
    damaged = lines[1].replace(b"approve", b"approv3")
    (folder / "bad.jsonl").write_bytes(lines[0] + damaged + b"".join(lines[3:])[:-20])
    choice = {
        "who": "p1",
        "lotteries": [[[40, 0.5], [32, 0.5]], [[77, 0.5], [2, 0.5]]],
        "took": "B",
        "at": 1.7e9,
    }
    (folder / "choices.jsonl").write_text(json.dumps(choice) + "\n")
    (folder / "cases.jsonl").write_text(blocks(page("docs/cli.md"), "json")[0])
    (folder / "compress.sh").write_text("#!/bin/sh\n")
    (folder / "compress.sh").chmod(0o755)
    shutil.copytree(ROOT / "src" / "bayesian_verifier" / "shipped_models", folder / "models")
    store = folder / "models" / "bayesian-verifier"
    version = (store / "current").read_text().strip()
    (store / "previous").write_text((store / "current").read_text())
    body = json.loads((ROOT / "examples" / "holt_laury_six_safe.json").read_text())
    state = httpx.post(f"http://{service}/v1/posterior", json=body, timeout=30).json()["state"]
    return {"folder": str(folder), "version": version, "state": state, PORT: service}
