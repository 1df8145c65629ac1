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

#: lines read, and windows heard, before anybody else gets a turn
LINES_AT_ONCE = 20_000
WINDOWS_AT_ONCE = 100
#: of damaged lines, so many are told in full
MOST_DAMAGED = 20


class WindowHeard(NamedTuple):
    """What the detector makes of a window; divergences and rates from the window before, None at the first.

    statistic: R.   change_began: RFC 3339.   moved: in the unit of risk_aversion.   surprise: in sd.
    forward, backward, jensen_shannon: nats.   rate, distance_rate: a day.
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


class Cache:
    """Tables of a journal and its ledger; `refresh` reads on, `rows` asks.

    detector: makes a detector that knows nobody.   threads: of DuckDB.
    """

    def __init__(
        self, journal: Path, ledger: Path, detector: Callable[[], Hears], *, threads: int = 1
    ) -> None:
        self.journal, self.ledger = journal, ledger
        self._detector = detector
        self._news, self._ledger_news = SealedNews(journal), SealedNews(ledger)
        self._connection = duckdb.connect(
            config={"threads": threads, "autoinstall_known_extensions": "false"}
        )
        self._asking, self._refreshing = threading.Lock(), threading.Lock()
        self._number = self._lines = self._ledger_lines = 0
        self._reading = True
        self._waiting: list[bytes] = []
        self.damaged: list[Damaged] = []
        self.damaged_lines = 0
        self.unreadable: dict[str, str] = {}
        self.queries = 0
        self._begin()
        self._connection.execute(_schema.CREATE_LEDGER)

    @property
    def version(self) -> Version:
        """How far the tables are."""
        return Version(self._number, self._lines, self._ledger_lines, len(self._waiting), self._reading)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds. One at a time: a page is not to take every core of a machine that serves."""
        with self._asking:
            self.queries += 1
            return self._connection.cursor().execute(query, list(values)).fetchall()

    def rows_named(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """As `rows`, for a query whose values have names."""
        with self._asking:
            self.queries += 1
            return self._connection.cursor().execute(query, dict(values)).fetchall()

    def refresh(self) -> bool:
        """Read both files on and hear some windows; whether anything is new, or still to be done."""
        with self._refreshing:
            before = self._number
            self._follow("journal", self._news, self._take)
            self._follow("ledger", self._ledger_news, self._take_ledger)
            self._reading = False
            self._hear_some()
            return self._number != before or bool(self._waiting)

    def close(self) -> None:
        """Let go of files and tables."""
        with self._refreshing, self._asking:
            self._news.close()
            self._ledger_news.close()
            self._connection.close()

    def _begin(self) -> None:
        for statement in _schema.CREATE:
            self._connection.execute(statement)
        self._hears = self._detector()
        self._waiting, self.damaged, self.damaged_lines, self._lines = [], [], 0, 0

    def _follow(self, name: str, news: SealedNews, take: Callable[[Sealed], None]) -> None:
        try:
            for batch in news.read(LINES_AT_ONCE):
                take(batch)
                self._number += 1
        except JournalError as exc:
            self._number += self.unreadable.get(name) != str(exc)
            self.unreadable[name] = str(exc)
        else:
            self._number += self.unreadable.pop(name, None) is not None

    def _take(self, batch: Sealed) -> None:
        cursor = self._connection.cursor()
        with self._asking:
            if batch.anew:
                self._begin()
            _read(cursor, batch)
            for statement in _schema.FILL:
                cursor.execute(statement)
            self._waiting += [line.encode() for (line,) in cursor.execute(_schema.WINDOW_LINES).fetchall()]
        self._lines += len(batch.lines) + len(batch.damaged)
        self._note(batch)

    def _take_ledger(self, batch: Sealed) -> None:
        cursor = self._connection.cursor()
        with self._asking:
            if batch.anew:
                cursor.execute(_schema.CREATE_LEDGER)
                self._ledger_lines = 0
            _read(cursor, batch)
            cursor.execute(_schema.FILL_LEDGER)
        self._ledger_lines += len(batch.lines)
        self._note(batch)

    def _note(self, batch: Sealed) -> None:
        self.damaged_lines += len(batch.damaged)
        self.damaged += batch.damaged[: MOST_DAMAGED - len(self.damaged)]

    def _hear_some(self) -> None:
        some, self._waiting = self._waiting[:WINDOWS_AT_ONCE], self._waiting[WINDOWS_AT_ONCE:]
        rows = [row for line in some if (row := self._heard(line)) is not None]
        if rows:
            slots = ", ".join("?" * _schema.HEARD_COLUMNS)
            with self._asking:
                self._connection.cursor().executemany(f"INSERT INTO heard VALUES ({slots})", rows)  # noqa: S608
            self._number += 1

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


def _read(cursor: duckdb.DuckDBPyConnection, batch: Sealed) -> None:
    cursor.execute(_schema.READ, [[line.decode(errors="replace") for line in batch.lines]])
