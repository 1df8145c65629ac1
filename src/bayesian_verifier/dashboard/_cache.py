"""What do journal and ledger hold now? Kept in tables beside them, and read on as they grow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import duckdb

from bayesian_verifier.dashboard import _schema
from bayesian_verifier.dashboard._moments import key_of, ms_of
from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import SealedNews, WindowLine, parse_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bayesian_verifier.journal import Damaged, Sealed

Rows = list[tuple[Any, ...]]
#: lines read, and windows heard, before anybody else gets a turn
LINES_AT_ONCE = 20_000
WINDOWS_AT_ONCE = 100
#: of damaged lines, so many are told in full
MOST_DAMAGED = 20


class WindowHeard(NamedTuple):
    """What the detector makes of a window; divergences and rates from the window before, None at the first.

    statistic: R.   change_began: RFC 3339.   moved: in the unit of the parameter.   surprise: in sd.
    forward, backward, jensen_shannon: nats.   rate, distance_rate: a day.
    parameter: that speaks most for a change.
    """

    statistic: float
    alarm: bool
    change_began: str
    moved: float
    surprise: float
    forward: float | None = None
    backward: float | None = None
    jensen_shannon: float | None = None
    wasserstein: float | None = None
    rate: float | None = None
    distance_rate: float | None = None
    parameter: str = "risk_aversion"


class Hears(Protocol):
    """A detector that knows nobody yet."""

    def __call__(self, window: WindowLine, /) -> WindowHeard:
        """Hear the next window, in the journal's order."""


class Version(NamedTuple):
    """How far the tables are. number: counts every change.   lines, ledger: read so far.   waiting: windows unheard.

    reading: the files have not been read to their ends yet.
    """

    number: int
    lines: int
    ledger: int
    waiting: int
    reading: bool


class _Read(NamedTuple):
    """What was read of a file."""

    lines: int = 0
    damaged_lines: int = 0
    damaged: tuple[Damaged, ...] = ()


class Cache:
    """Tables of a journal and its ledger; `refresh` reads on, `rows` asks.

    detector: makes a detector that knows nobody.   threads: of DuckDB.
    """

    def __init__(
        self, journal: Path, ledger: Path, detector: Callable[[], Hears], *, threads: int = 1
    ) -> None:
        self.journal, self.ledger = journal, ledger
        self._detector = detector
        self._news = {"journal": SealedNews(journal), "ledger": SealedNews(ledger)}
        self._connection = duckdb.connect(
            config={"threads": threads, "autoinstall_known_extensions": "false"}
        )
        self._asking, self._refreshing = threading.Lock(), threading.Lock()
        self._number = 0
        self._reading = True
        self._waiting: list[bytes] = []
        self._read_of = {"journal": _Read(), "ledger": _Read()}
        self.unreadable: dict[str, str] = {}
        self.queries = 0
        for name in self._news:
            self._begin(name)

    @property
    def version(self) -> Version:
        """How far the tables are."""
        journal, ledger = self._read_of["journal"], self._read_of["ledger"]
        return Version(self._number, journal.lines, ledger.lines, len(self._waiting), self._reading)

    @property
    def damaged_lines(self) -> int:
        """How many lines were left out."""
        return sum(one.damaged_lines for one in self._read_of.values())

    @property
    def damaged(self) -> list[Damaged]:
        """The first of them."""
        return [one for read in self._read_of.values() for one in read.damaged][:MOST_DAMAGED]

    def rows(self, query: str, values: Sequence[object] = ()) -> Rows:
        """What a query finds. One at a time: a page is not to take every core of a machine that serves."""
        with self._asking:
            self.queries += 1
            found: Rows = self._connection.cursor().execute(query, list(values)).fetchall()
            return found

    def rows_named(self, query: str, values: Mapping[str, object]) -> Rows:
        """As `rows`, for a query whose values have names."""
        with self._asking:
            self.queries += 1
            found: Rows = self._connection.cursor().execute(query, dict(values)).fetchall()
            return found

    def refresh(self) -> bool:
        """Read both files on and hear some windows; whether anything is new, or still to be done."""
        with self._refreshing:
            before = self._number
            for name in self._news:
                self._follow(name)
            self._reading = False
            self._hear_some()
            return self._number != before or bool(self._waiting)

    def close(self) -> None:
        """Let go of files and tables."""
        with self._refreshing, self._asking:
            for news in self._news.values():
                news.close()
            self._connection.close()

    def _begin(self, name: str) -> None:
        """Know nothing of a file."""
        for statement in _schema.CREATE[name]:
            self._connection.execute(statement)
        self._read_of[name] = _Read()
        if name == "journal":
            self._hears = self._detector()
            self._waiting = []

    def _follow(self, name: str) -> None:
        """Read a file on to its end."""
        news = self._news[name]
        try:
            for batch in news.read(LINES_AT_ONCE):
                if batch.lines or batch.damaged or self._read_of[name].lines:
                    self._take(name, batch)
                    self._number += 1
        except JournalError as exc:
            self._number += self.unreadable.get(name) != str(exc)
            self.unreadable[name] = str(exc)
        except duckdb.Error:
            # what was read is not in the tables: read it again
            news.close()
            raise
        else:
            self._number += self.unreadable.pop(name, None) is not None

    def _take(self, name: str, batch: Sealed) -> None:
        with self._asking:
            if batch.anew:
                self._begin(name)
            cursor = self._connection.cursor()
            cursor.execute(_schema.READ, [[line.decode(errors="replace") for line in batch.lines]])
            for statement in _schema.FILL[name]:
                cursor.execute(statement)
            if name == "journal":
                self._waiting += [
                    line.encode() for (line,) in cursor.execute(_schema.WINDOW_LINES).fetchall()
                ]
        read = self._read_of[name]
        self._read_of[name] = _Read(
            read.lines + len(batch.lines) + len(batch.damaged),
            read.damaged_lines + len(batch.damaged),
            (*read.damaged, *batch.damaged)[:MOST_DAMAGED],
        )

    def _hear_some(self) -> None:
        some = self._waiting[:WINDOWS_AT_ONCE]
        rows = [row for line in some if (row := self._heard(line)) is not None]
        if rows:
            slots = ", ".join("?" * _schema.HEARD_COLUMNS)
            with self._asking:
                self._connection.cursor().executemany(f"INSERT INTO heard VALUES ({slots})", rows)  # noqa: S608
            self._number += 1
        # only now: whoever sees that none waits finds all of them in the table
        self._waiting = self._waiting[len(some) :]

    def _heard(self, line: bytes) -> tuple[object, ...] | None:
        try:
            window = parse_line(line)
            if not isinstance(window, WindowLine):
                return None
            heard = self._hears(window)
        except ValueError:  # a line in the form of a window that says what no window can
            return None
        key, ended, began = key_of(window.subject), ms_of(window.ended), ms_of(heard.change_began)
        return (window.id, key, ended, heard.statistic, heard.alarm, began, *heard[3:])
