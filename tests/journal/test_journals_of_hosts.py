"""Do Parquet files that each host made of its own journal hold what the journals merged hold?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from journal_samples import judge

from bayesian_verifier.journal import Journal, export, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[2] / "docs" / "many-machines.md"
HOUR = 3_600_000_000_000


def hosts(folder: Path, count: int) -> list[Path]:
    """Journals over two days. The first has the second's lines too, and answers to them that the second has not."""
    paths = [folder / f"host-{number}.jsonl" for number in range(count)]
    asked = {}
    for number, path in enumerate(paths):
        with Journal(path) as journal:
            asked[path] = [judge(journal, f"p{number}-{i}", at=(7 * i + number) * HOUR) for i in range(5)]
    merge(paths[0], paths[:2])
    for path, theirs in {**asked, paths[0]: asked[paths[0]] + asked[paths[1]]}.items():
        with Journal(path) as journal:
            for i, judgment in enumerate(theirs):
                journal.append_feedback(judgment, "approve" if i % 2 else "reject", at=(40 + i) * HOUR)
    return paths


def rows(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        return connection.execute(sql).fetchall()


def of_hosts(exported: Path, table: str, columns: str) -> str:
    """The page's query, of this table and these columns."""
    [found] = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    inner = re.search(r"\((SELECT \*.*?= 1)\)", found, re.DOTALL)
    assert inner
    query = inner[1].replace("parquet/", f"{exported}/").replace("judgments", table)
    return f"SELECT {columns} FROM ({query}) ORDER BY id"  # noqa: S608


def test_parquet_of_each_host_read_together_is_that_of_the_merged_journal(tmp_path: Path) -> None:
    """Every row once, whoever had a copy, and whatever the order in which journals are merged."""
    journals = hosts(tmp_path, 7)
    for journal in journals:
        export(journal, tmp_path / "parquet" / f"host={journal.stem}")
    orders: Sequence[Sequence[Path]] = (journals, journals[::-1])
    for number, order in enumerate(orders):
        whole = tmp_path / f"all-{number}.jsonl"
        merge(whole, order)
        export(whole, tmp_path / f"whole-{number}")
    assert (tmp_path / "all-0.jsonl").read_bytes() == (tmp_path / "all-1.jsonl").read_bytes()
    for table, columns in {
        "judgments": "id, ts, writer, seq, subject, mean, options, day",
        "feedback": "id, ts, writer, seq, judgment, feedback, day",
    }.items():
        merged = rows(
            f"SELECT {columns} FROM read_parquet('{tmp_path}/whole-0/{table}/*/*.parquet', "  # noqa: S608
            "hive_partitioning = true) ORDER BY id"
        )
        assert rows(of_hosts(tmp_path / "parquet", table, columns)) == merged
        assert len(merged) == (35 if table == "judgments" else 40)
