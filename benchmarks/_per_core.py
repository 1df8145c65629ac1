"""What does a core do in a second? Processor time of each part, which other work on the machine hardly changes."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _people
import h11
import numpy as np
from _server_process import Server, memory_mb
from load import Exchange, request_bytes

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.journal import audit, export, merge, read_log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from load import Target

#: quantiles of a service time that are kept, for a simulation to draw from
GRID = np.linspace(0, 1, 101)
SIZES = (8, 32, 128, 512)
STREAM = "2 more, with a state"
_WARM_UP = 20
_HOSTS = 10
_ANSWERED = 504


def cpu_of(pid: int) -> float:
    """Seconds of processor time of all threads of a process, to the nanosecond."""
    return (
        sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    )


def service_times(server: Server, count: int) -> dict[str, Any]:
    """Processor time of the service for answers of each size, for a stream and for a refusal; its memory."""
    bodies = {str(size): _people.body_of(_people.person(size, size)) for size in SIZES}
    with Exchange(server.target) as exchange:
        _, reply = exchange.post(bodies["32"])
        bodies[STREAM] = _people.body_of(_people.person(2, 2), json.loads(reply)["state"])
        found = {kind: _asked(server, body, count, exchange) for kind, body in bodies.items()}
    refused = _refused(server, bodies["512"], count)
    return {"answers": found, "refusal_ms": refused, "memory": memory_mb(server.process.pid)}


def _asked(server: Server, body: bytes, count: int, exchange: Exchange) -> dict[str, Any]:
    seconds = []
    for number in range(_WARM_UP + count):
        before = cpu_of(server.process.pid)
        status, _ = exchange.post(body)
        assert status == 200, status  # noqa: PLR2004 - OK
        if number >= _WARM_UP:
            seconds.append(cpu_of(server.process.pid) - before)
    return in_ms(seconds)


def _refused(server: Server, body: bytes, count: int) -> float:
    """Median of what it takes to say that there is no time: 512 judgments in 1 ms cannot be."""
    request = in_a_hurry(server.target, body)
    seconds = []
    with server.target.connect() as connection:
        for _ in range(count):
            before = cpu_of(server.process.pid)
            connection.sendall(request)
            status = int(connection.recv(1 << 16)[9:12])
            if status == _ANSWERED:
                seconds.append(cpu_of(server.process.pid) - before)
    return round(1e3 * float(np.median(seconds)), 4) if seconds else float("nan")


def in_a_hurry(target: Target, body: bytes) -> bytes:
    """A request with a millisecond left."""
    line, _, rest = request_bytes(h11.Connection(h11.CLIENT), target, body).partition(b"\r\n")
    return line + b"\r\nX-Request-Timeout-Ms: 1\r\n" + rest


def in_ms(seconds: Sequence[float]) -> dict[str, Any]:
    """Mean and quantiles of times, in ms."""
    grid = np.quantile(seconds, GRID)
    return {
        "mean_ms": round(1e3 * float(np.mean(seconds)), 4),
        "p50_ms": round(1e3 * float(grid[50]), 4),
        "p99_ms": round(1e3 * float(grid[99]), 4),
        "count": len(seconds),
        "quantiles_ms": [round(1e3 * float(one), 4) for one in grid],
    }


def layer_times(url: str, folder: Path, count: int) -> dict[str, float]:
    """What an application's own process spends on a choice and its answer, and how long their lines are."""
    journal = Journal(folder / "layer.jsonl", fsync="never")
    case = {"options": _people.person(5, 1)[0]["options"]}
    with VerifierClient(url, timeout=1.0, keep_state=True) as client:
        layer = JudgmentLayer(client, MetaJudgmentController(), journal)

        def once(number: int) -> None:
            layer.feedback(layer.judge(case, subject=f"person {number % 20}").id, "approve")

        for number in range(_WARM_UP):
            once(number)
        began = time.process_time()
        for number in range(count):
            once(number)
        spent = time.process_time() - began
    lines = [line for line in journal.path.read_bytes().splitlines() if b'"kind"' in line]
    by_kind: dict[str, list[int]] = {}
    for line in lines:
        by_kind.setdefault(json.loads(line)["kind"], []).append(len(line) + 1)
    return {
        "choice_ms": round(1e3 * spent / count, 3),
        "judgment_bytes": round(float(np.mean(by_kind["judgment"]))),
        "feedback_bytes": round(float(np.mean(by_kind["feedback"]))),
    }


def journal_times(
    folder: Path, made: Callable[[Path, int], object], sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """µs and bytes a line of what is done with journals, at several sizes, so that one sees whether they grow.

    made: writes a journal of so many lines.
    """
    rows = []
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        hosts = [place / f"host-{number}.jsonl" for number in range(_HOSTS)]
        for host in hosts:
            made(host, size // _HOSTS)
        whole, parquet = place / "all.jsonl", place / "parquet"
        merged, peak = _apart(_merging, whole, hosts)
        exported = _spent(lambda whole=whole, parquet=parquet: export(whole, parquet))
        rows.append(
            {
                "lines": size,
                "bytes_a_line": round(sum(host.stat().st_size for host in hosts) / size),
                "verify_us": _each(_spent(lambda whole=whole: audit(read_log(whole))), size),
                "merge_us": _each(merged, size),
                "merge_bytes_of_memory": round(peak / size),
                "export_us": _each(exported, size),
                "parquet_bytes_a_line": round(
                    sum(file.stat().st_size for file in parquet.rglob("*.parquet")) / size
                ),
                "query_us": _each(_spent(lambda parquet=parquet: _query(parquet)), size),
            }
        )
    return rows


def _query(parquet: Path) -> None:
    """Who told the risk, how often, and how sure: a look at every line of a table."""
    import duckdb  # noqa: PLC0415 - an extra brings it

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.sql(
            "SELECT source, count(*), avg(mean), avg(sd) FROM read_parquet(?) GROUP BY source",
            params=[f"{parquet}/judgments/*/*.parquet"],
        ).fetchall()


def _merging(arguments: Sequence[str]) -> None:
    out, *inputs = map(Path, arguments)
    merge(out, inputs)


def _apart(work: Callable[[Sequence[str]], None], *arguments: Path | Sequence[Path]) -> tuple[float, float]:
    """Processor seconds and bytes of memory beyond an idle process of some work, in a process of its own."""
    flat = [str(one) for some in arguments for one in ([some] if isinstance(some, Path) else some)]
    told = subprocess.run(
        [sys.executable, str(Path(__file__)), work.__name__, *flat],
        check=True,
        capture_output=True,
        text=True,
    )
    found: Mapping[str, float] = json.loads(told.stdout)
    return found["seconds"], found["bytes"]


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _each(seconds: float, lines: int) -> float:
    return round(1e6 * seconds / lines, 2)


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    idle = _resident()
    took = _spent(lambda: globals()[sys.argv[1]](sys.argv[2:]))
    print(json.dumps({"seconds": took, "bytes": _resident() - idle}))
