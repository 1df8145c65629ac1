"""Is the application the same behind Ray Serve?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("ray.serve", reason="NO RAY SERVE: pip install 'bayesian-verifier[ray-serve]'")

ROOT = Path(__file__).parents[2]
POOL = """
import sys
from bayesian_verifier.engine import RayEngine
from bayesian_verifier.ray_serve import application
with RayEngine(workers=2):
    from ray import serve
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(application({"replicas": "1"}))
    print("running", flush=True)
    sys.stdin.read()
    serve.shutdown()
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A replica behind Ray's proxy, ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("serve") / "log").open("w")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    process = subprocess.Popen(
        [sys.executable, "-c", POOL, str(port)],
        env=clean | {"BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    assert any("running" in line for line in process.stdout), Path(log.name).read_text()
    yield f"http://127.0.0.1:{port}"
    process.communicate("")
    log.close()


def test_a_replica_is_ready_when_it_counts_as_there(pool: str) -> None:
    """The first request of all is answered 200, and says which model answers."""
    ready = httpx.get(f"{pool}/health/ready", timeout=30)
    assert ready.status_code == 200
    body = json.loads((ROOT / "examples" / "holt_laury_six_safe.json").read_text())
    reply = httpx.post(f"{pool}/v1/posterior", json=body, timeout=30)
    assert reply.status_code == 200
    assert reply.json()["posterior"]["risk_aversion"]["mean"] == pytest.approx(0.60, abs=0.02)
    assert reply.headers["X-Model-Version"] == reply.json()["model"]["version"]


def test_what_is_refused_is_refused_as_without_ray(pool: str) -> None:
    """NaN is no JSON, and a stranger's Host is no name of this machine."""
    bad = httpx.post(
        f"{pool}/v1/posterior",
        content=b'{"judgments": NaN}',
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert bad.status_code == 400
    assert bad.headers["Content-Type"] == "application/problem+json"
    stranger = httpx.get(f"{pool}/v1/model", headers={"Host": "evil.example"}, timeout=30)
    assert stranger.status_code == 403
