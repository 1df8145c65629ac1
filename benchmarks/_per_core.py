"""What do journals cost a core, line by line?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal import audit, export, merge, read_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_HOSTS = 10


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
        merged = _spent(lambda whole=whole, hosts=hosts: merge(whole, hosts))
        exported = _spent(lambda whole=whole, parquet=parquet: export(whole, parquet))
        rows.append(
            {
                "lines": size,
                "bytes_a_line": round(sum(host.stat().st_size for host in hosts) / size),
                "verify_us": _each(_spent(lambda whole=whole: audit(read_log(whole))), size),
                "merge_us": _each(merged, size),
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


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _each(seconds: float, lines: int) -> float:
    return round(1e6 * seconds / lines, 2)
