"""`bayesian-verifier serve` as a process of its own, over the shipped model."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
NAME = "bayesian-verifier"
HEAVY = ("keras", "bayesflow", "matplotlib", "pandas", "z3")
# The program, and behind it a line that says which heavy modules it ended with.
PROGRAM = f"""
import sys
from bayesian_verifier.cli import run
code = run(sys.argv[1:])
print("imported:", *(name for name in {HEAVY} if name in sys.modules), flush=True)
sys.exit(code)
"""


class Running(NamedTuple):
    """A service and a client that knows where it listens."""

    process: subprocess.Popen[str]
    client: httpx.Client
    welcome: list[str]


@pytest.fixture(scope="session")
def cache() -> Path:
    """Compiled functions, kept between test runs: compiling is most of what these tests would wait for."""
    return Path(__file__).parents[2] / ".jax_cache"


@contextmanager
def started(
    cache: Path, *options: str, program: Sequence[str] = ("-c", PROGRAM, "serve"), **environ: str
) -> Iterator[Running]:
    """Start the service on a free port; it is gone when the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    settings = {"BV_PORT": "0", "BV_COMPILATION_CACHE": str(cache), "BV_DRAIN_SECONDS": "0.3"} | environ
    process = subprocess.Popen(
        [sys.executable, *program, *options],
        env=clean | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        welcome = [process.stdout.readline().rstrip() for _ in range(4)]
        place = welcome[0].removeprefix("listening on ")
        transport = None if place.startswith("http") else httpx.HTTPTransport(uds=place)
        base = place if transport is None else "http://localhost"
        with httpx.Client(base_url=base, timeout=120, transport=transport) as client:
            yield Running(process, client, welcome)
    finally:
        process.kill()
        process.communicate()


def ready(client: httpx.Client, seconds: float = 120.0) -> httpx.Response:
    """The first answer of the readiness probe that is not "still loading"."""
    deadline = time.monotonic() + seconds
    while "being loaded" in (reply := client.get("/health/ready")).text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return reply


def holt_laury(rows: int = 10) -> list[dict[str, object]]:
    """The list of 2002, from someone who takes the safe option five times."""
    return [
        {
            "options": [
                {
                    "outcomes": [
                        {"payoff": a, "probability": n / 10},
                        {"payoff": b, "probability": (10 - n) / 10},
                    ]
                }
                for a, b in ((2.0, 1.6), (3.85, 0.1))
            ],
            "chosen": int(n > 5),
            "feedback": "approve",
        }
        for n in (1 + i % 10 for i in range(rows))
    ]


def resident(process: subprocess.Popen[str]) -> int:
    """Resident memory in bytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """Of processor time, its children aside."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def shipped(cache: Path) -> Iterator[Running]:
    """One service over the shipped model, ready, that tests share."""
    with started(cache) as running:
        assert running.client.get("/health/live").status_code == 200
        assert ready(running.client).status_code == 200
        yield running


def test_the_first_request_after_ready_is_as_quick_as_any(shipped: Running) -> None:
    """Nothing is left to be done for the first caller: 100 ms of work at most, which a busy machine may spread."""
    before = processor_seconds(shipped.process)
    reply = shipped.client.post("/v1/posterior", json={"judgments": holt_laury()})
    assert min(reply.elapsed.total_seconds(), processor_seconds(shipped.process) - before) < 0.1


def test_service_answers_at_every_size_without_compiling(shipped: Running) -> None:
    """However many judgments, with and without draws; and it does not take much memory."""
    process, client, _ = shipped
    for rows in (0, 1, 8, 9, 33, 129, 512):
        body = {"judgments": holt_laury(rows), "draws": rows * 8, "seed": 1}
        reply = client.post("/v1/posterior", json=body)
        assert reply.status_code == 200
        assert reply.json()["evidence"]["judgments"] == rows
    assert client.get("/health").json()["recompilations"] == 0
    assert "bayesian_verifier_recompilations_total 0.0" in client.get("/metrics").text
    assert resident(process) < 500e6


AMOUNTS = st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 1e-9, 0.1, 1.0, 3.85, 1e6, 1e15]) | st.floats(0, 1e15)


@st.composite
def lotteries(draw: st.DrawFn) -> dict[str, object]:
    """Any lottery whose probabilities sum to 1, however lopsided."""
    weights = draw(st.lists(st.sampled_from([0, 1, 2, 1000, 10**9]), min_size=1, max_size=6).filter(any))
    payoffs = draw(st.lists(AMOUNTS, min_size=len(weights), max_size=len(weights)))
    signs = draw(st.lists(st.sampled_from([1, 1, -1]), min_size=len(weights), max_size=len(weights)))
    total = sum(weights)
    return {
        "outcomes": [
            {"payoff": sign * payoff, "probability": weight / total}
            for sign, payoff, weight in zip(signs, payoffs, weights, strict=True)
        ]
    }


@st.composite
def judgments(draw: st.DrawFn) -> dict[str, object]:
    """Any judgment that obeys the rules of a record, however odd."""
    options = draw(st.lists(lotteries(), min_size=2, max_size=4))
    return {
        "wealth": draw(AMOUNTS),
        "options": options,
        "chosen": draw(st.integers(0, len(options) - 1)),
        "feedback": draw(st.sampled_from([None, "approve", "reject"])),
        "reward": draw(st.none() | st.floats(-3, 3)),
        "verdict": draw(st.sampled_from([None, None, "proved", "refuted", "unknown"])),
        "stake": draw(st.none() | AMOUNTS),
        "budget": draw(st.none() | AMOUNTS),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(judgments(), max_size=9), draws=st.integers(0, 3))
def test_any_judgments_that_obey_the_rules_get_a_posterior(
    shipped: Running, records: list[dict[str, object]], draws: int
) -> None:
    """From ruin to riches: finite numbers, sd above 0, quantiles in order, counts that add up."""
    reply = shipped.client.post("/v1/posterior", json={"judgments": records, "draws": draws})
    assert reply.status_code == 200, reply.text
    content = reply.json()
    for marginal in content["posterior"].values():
        quantiles = list(marginal["quantiles"].values())
        assert quantiles == sorted(quantiles)
        assert marginal["sd"] > 0
        assert all(math.isfinite(number) for number in (marginal["mean"], marginal["sd"], *quantiles))
    for drawn in (content["draws"] or {}).values():
        assert all(math.isfinite(number) for number in drawn)
    counts = content["evidence"]
    assert counts["judgments"] == len(records) >= counts["informative"] + counts["refuted"]


def test_the_manifest_of_the_shipped_model_is_served(shipped: Running) -> None:
    """Prior, simulator, sha256 of each file; and its version is on every reply."""
    reply = shipped.client.get("/v1/model")
    manifest = reply.json()
    assert manifest["version"] == ModelStore(SHIPPED).current(NAME) == reply.headers["x-model-version"]
    assert manifest["simulator"] == "lottery"
    assert [note["name"] for note in manifest["parameters"]] == ["risk_aversion", "choice_noise"]
    assert set(manifest["files"]) >= {"posterior.jaxexport", "weights.npz"}


def test_the_welcome_says_where_it_listens_and_what_to_try(shipped: Running) -> None:
    """Two curl lines, the second with a body that is answered."""
    lines = [shlex.split(line) for line in shipped.welcome[2:]]
    assert shipped.welcome[0] == f"listening on {str(shipped.client.base_url).rstrip('/')}"
    assert [line[0] for line in lines] == ["curl", "curl"]
    reply = shipped.client.post(
        lines[1][2], content=lines[1][-1], headers=[tuple(lines[1][lines[1].index("-H") + 1].split(": "))]
    )
    assert reply.status_code == 200


def test_another_process_gives_the_same_bytes_and_leaves_in_order(
    shipped: Running, tmp_path: Path, cache: Path
) -> None:
    """Over a Unix socket. SIGTERM: not ready first, live until the door closes, exit code 0; never any Keras."""
    body = {"judgments": holt_laury(), "draws": 20, "seed": 3}
    # the door is open for so long that even a client the machine forgets for a while finds it so
    with started(cache, "--uds", str(tmp_path / "socket"), BV_DRAIN_SECONDS="2") as (
        process,
        client,
        welcome,
    ):
        assert "--unix-socket" in welcome[2]
        assert ready(client).status_code == 200
        mine, other = (one.post("/v1/posterior", json=body).json() for one in (client, shipped.client))
        assert without_clock(mine) == without_clock(other)
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 60
        while client.get("/health/ready").status_code == 200:
            assert time.monotonic() < deadline
        assert client.get("/health/live").status_code == 200
        # what had connected before it was told to leave is still answered; then nobody is
        while (status := client.post("/v1/posterior", json={"judgments": []}).status_code) == 200:
            assert time.monotonic() < deadline
        assert status == 503
        assert process.wait(60) == 0
        assert process.stdout is not None
        assert process.stdout.read().splitlines()[-1] == "imported:"
    assert not (tmp_path / "socket").exists()


def without_clock(reply: dict[str, object]) -> dict[str, object]:
    """A reply but for what differs from one request to the next."""
    return {name: value for name, value in reply.items() if name not in ("request_id", "timing_ms")}


def test_asking_in_process_and_asking_the_service_give_the_same(
    shipped: Running, tmp_path: Path, cache: Path
) -> None:
    """`ask FILE --json` with and without --url; and `ask` shows a table and a picture of risk aversion."""
    file = tmp_path / "judgments.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in holt_laury()))

    def ask(*options: str) -> str:
        environ = os.environ | {"BV_COMPILATION_CACHE": str(cache)}
        command = [
            sys.executable,
            "-c",
            "from bayesian_verifier.cli import main; main()",
            "ask",
            str(file),
            *options,
        ]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout

    url = str(shipped.client.base_url)
    there, shown = json.loads(ask("--json", "--url", url)), ask("--url", url)
    assert without_clock(json.loads(ask("--json"))) == without_clock(there)
    mean = there["posterior"]["risk_aversion"]["mean"]
    assert f"{mean:.3f}" in shown
    assert "10 judgments, 10 informative, 0 refuted" in shown
    assert "█" in shown
    assert "●" in shown


def damaged(store: Path, fault: str) -> Path:
    """A copy of the shipped store with one fault; the path that is at fault."""
    shutil.copytree(SHIPPED, store)
    version = ModelStore(store).current(NAME)
    assert version is not None
    directory = store / NAME / version
    file = directory / "posterior.jaxexport"
    if fault == "a flipped byte":
        content = bytearray(file.read_bytes())
        content[1000] ^= 1
        file.write_bytes(content)
        return file
    shutil.rmtree(store / NAME)
    return store / NAME


@pytest.mark.parametrize("fault", ["a flipped byte", "nothing there"])
def test_service_with_a_damaged_model_stays_up_and_says_which_file(
    tmp_path: Path, cache: Path, fault: str
) -> None:
    """Not ready, with the file and what to do; a posterior is 503, never 500."""
    file = damaged(tmp_path / "models", fault)
    with started(cache, "--model-store", str(tmp_path / "models")) as (process, client, _):
        reply = ready(client)
        assert reply.status_code == 503
        detail = reply.json()["detail"]
        assert str(file) in detail
        assert "publish" in detail
        assert client.get("/health/live").status_code == 200
        assert client.get("/health").json()["status"] == "failed"
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 503
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize("wait", [0.0, 0.6, 1.2, 2.0, 3.0])
def test_a_service_told_to_leave_while_it_loads_leaves_with_exit_code_0(cache: Path, wait: float) -> None:
    """Importing, reading or compiling: SIGTERM ends it in order, and no thread of the compiler aborts it."""
    with started(cache, BV_COMPILATION_CACHE="off") as (process, client, _):
        time.sleep(wait)
        still_loading = client.get("/health/ready").status_code == 503
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, still_loading


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """Said in the log; the service goes on to be ready (here: to find no model, which is quicker)."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with started(blocked / "below", "--model-store", str(tmp_path)) as (process, client, _):
        assert "no current version" in ready(client).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert "compiled functions are not kept" in process.stderr.read()


def is_heard(path: Path) -> bool:
    """Whether somebody listens there within half a minute; a socket has a name a moment before anybody does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as caller, contextlib.suppress(OSError):
            caller.connect(str(path))
            return True
        time.sleep(0.05)
    return False


def test_any_asgi_server_can_run_the_application(tmp_path: Path) -> None:
    """`uvicorn bayesian_verifier.asgi:create --factory`, with settings from the environment."""
    path = tmp_path / "socket"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "bayesian_verifier.asgi:create", "--factory", "--uds", str(path)],
        env=clean | {"BV_MODEL_STORE": str(tmp_path), "BV_COMPILATION_CACHE": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    transport = httpx.HTTPTransport(uds=str(path))
    try:
        assert is_heard(path)
        with httpx.Client(transport=transport, base_url="http://localhost") as client:
            assert client.get("/health/live").status_code == 200
            assert "no current version" in ready(client).text
    finally:
        process.terminate()
        process.wait(60)
