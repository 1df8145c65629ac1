"""How does a journal become Parquet, a file a day, so that to do it again changes nothing?

    DIR/judgments/day=2026-11-24/part-0.parquet        DIR/feedback/day=2026-11-24/part-0.parquet

Rows are sorted out by day on disk first; then each day is written beside its place and renamed into it, unless
the file there was made of the same rows. DuckDB is imported when something is exported: an extra brings it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, Self

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._columns import TABLES, row_of
from bayesian_verifier.journal._lock import ProcessLock
from bayesian_verifier.journal._reading import Damaged, read_log
from bayesian_verifier.journal._replacing import beside, put_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from duckdb import DuckDBPyConnection

_PART = "part-0.parquet"
_FORM = "2"  # of the columns; another form is written again though the rows are the same
_WORK = ".export-"
_MOST_OPEN = 64
_PATIENCE = 10.0  # seconds to wait for another export


class Exported(NamedTuple):
    """What an export came to.

    rows: by table.   written, unchanged, removed: files.   damaged: lines left out.
    repeated: lines left out because the id came before; of those that differ the first stays.
    """

    rows: dict[str, int]
    written: tuple[Path, ...]
    unchanged: int
    removed: tuple[Path, ...]
    damaged: int
    repeated: int


class _Day(NamedTuple):
    """The rows of one table and one day."""

    table: str
    day: str


class _Sorted(NamedTuple):
    """Rows by day, each day's in a file of JSON lines, and what was left out."""

    files: dict[_Day, Path]
    rows: dict[_Day, int]
    damaged: int
    repeated: int


def export(
    path: Path,
    directory: Path,
    *,
    prune: bool = False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Exported:
    """Write all judgments, feedback and epochs of a journal to Parquet, by the day of their ts in UTC.

    prune: also remove days that the journal does not hold, as after a person was forgotten.
    Raises CallerError where there is no such journal, JournalError where a file cannot be read or written, or
    DuckDB is missing.
    """
    connection = _connection()
    try:
        with connection, ExitStack() as stack:
            directory.mkdir(parents=True, exist_ok=True)
            stack.enter_context(ProcessLock(directory / ".export.lock", timeout=_PATIENCE).held())
            for left in directory.glob(f"{_WORK}*"):  # by a process that was killed
                shutil.rmtree(left)
            work = stack.enter_context(tempfile.TemporaryDirectory(prefix=_WORK, dir=directory))
            found = _sorted_by_day(path, Path(work))
            written = []
            for number, (day, rows) in enumerate(sorted(found.files.items())):
                progress("writing days", number, len(found.files))
                place = directory / day.table / f"day={day.day}" / _PART
                if _write(connection, rows, place, day.table, found.rows[day]):
                    written.append(place)
            progress("writing days", len(found.files), len(found.files))
            removed = tuple(_pruned(directory, set(found.files))) if prune else ()
    except OSError as exc:
        raise JournalError(f"{exc.filename or directory}: cannot export: {exc.strerror or exc}") from exc
    return Exported(
        rows={name: sum(n for day, n in found.rows.items() if day.table == name) for name in TABLES},
        written=tuple(written),
        unchanged=len(found.files) - len(written),
        removed=removed,
        damaged=found.damaged,
        repeated=found.repeated,
    )


def _connection() -> DuckDBPyConnection:
    try:
        import duckdb  # noqa: PLC0415 - an extra brings it
    except ModuleNotFoundError as exc:
        raise JournalError("exporting needs duckdb: pip install 'bayesian-verifier[scale]'") from exc
    # one thread, so that the same rows give the same bytes; nothing is ever fetched
    return duckdb.connect(
        config={"threads": 1, "autoinstall_known_extensions": "false"},
    )


def _sorted_by_day(path: Path, work: Path) -> _Sorted:
    files: dict[_Day, Path] = {}
    rows: dict[_Day, int] = {}
    seen: set[str] = set()
    damaged = repeated = 0
    with _Appender() as appender:
        for entry in read_log(path):
            if isinstance(entry, Damaged):
                damaged += 1
                continue
            found = row_of(entry.event)
            if found is None:
                continue
            if entry.event.id in seen:
                repeated += 1
                continue
            seen.add(entry.event.id)
            table, row = found
            day = _Day(table, entry.event.ts[:10])
            file = files.setdefault(day, work / f"{table}-{day.day}.jsonl")
            rows[day] = rows.get(day, 0) + 1
            appender.append(file, json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return _Sorted(files, rows, damaged, repeated)


class _Appender:
    """Appends to many files, of which only some are open at a time."""

    def __init__(self) -> None:
        self._open: dict[Path, IO[bytes]] = {}

    def append(self, file: Path, data: bytes) -> None:
        """Add to the end of a file."""
        if file not in self._open:
            if len(self._open) >= _MOST_OPEN:
                self._close()
            self._open[file] = file.open("ab")
        self._open[file].write(data)

    def _close(self) -> None:
        for stream in self._open.values():
            stream.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


def _write(connection: DuckDBPyConnection, rows: Path, place: Path, table: str, count: int) -> bool:
    """Write one day, unless it is there; whether it was written."""
    made_of = f"{_FORM}:{_digest(rows)}"
    if place.exists() and _made_of(connection, place) == made_of:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    new = beside(place)
    columns = ", ".join(f'"{name}": {_text(kind)}' for name, kind in TABLES[table].items())
    # names and types are those above, paths are quoted
    query = f"""
        COPY (
            SELECT * FROM read_json({_text(rows)}, format = 'newline_delimited', columns = {{{columns}}})
            ORDER BY ts, writer, seq, id
        ) TO {_text(new)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{made_of: {_text(made_of)}}})
    """  # noqa: S608
    [(written,)] = connection.execute(query).fetchall()
    if written != count:
        raise JournalError(f"{place}: expected {count} rows, got {written}")
    put_in_place(new, place)
    return True


def _made_of(connection: DuckDBPyConnection, place: Path) -> str | None:
    import duckdb  # noqa: PLC0415 - an extra brings it

    query = f"SELECT decode(value) FROM parquet_kv_metadata({_text(place)}) WHERE decode(key) = 'made_of'"  # noqa: S608
    try:
        found = connection.execute(query).fetchall()
    except duckdb.Error:
        return None
    return str(found[0][0]) if found else None


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        digest = sha256()
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _pruned(directory: Path, days: set[_Day]) -> Iterator[Path]:
    """Files of days that are no more, removed."""
    for table in TABLES:
        for file in sorted((directory / table).glob(f"day=*/{_PART}")):
            if _Day(table, file.parent.name.removeprefix("day=")) not in days:
                file.unlink()
                file.parent.rmdir()
                yield file
