"""What was judged, and what came of it? The journal as one object: append, read, ask, verify."""

from __future__ import annotations

import os
import secrets
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal._answers import check_answer
from bayesian_verifier.journal._codec import encode_members
from bayesian_verifier.journal._envelope import RecordedPosterior, timestamp
from bayesian_verifier.journal._files import Files
from bayesian_verifier.journal._histories import Histories
from bayesian_verifier.journal._lines import Tried, members_of
from bayesian_verifier.journal._log import AppendLog, Policy
from bayesian_verifier.journal._present import present
from bayesian_verifier.journal._reading import Damaged, Numbered, read_log
from bayesian_verifier.journal._rotating import ROTATE_BYTES, Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from bayesian_verifier.journal._audit import Audit
    from bayesian_verifier.journal._committing import Fsync
    from bayesian_verifier.journal._evidence import History
    from bayesian_verifier.judgment import Case, Feedback, Verdict
    from bayesian_verifier.posterior import Belief

_ENVELOPE = frozenset(("v", "seq", "id", "ts", "writer", "kind", "crc"))


class _Process(NamedTuple):
    """What one process uses to work on the file; a fork makes its own."""

    log: AppendLog
    histories: Histories


class Journal:
    """An append-only file of events, one JSON object a line; safe among threads, processes and forks.

    path: the file; it appears with the first append, in a directory that exists, a lock file beside it.
    writer: name in each line; by default one that no other process has. Several processes may share a name.
    rotate_bytes: a file of so many bytes makes way for the next, None for any size; rotate_daily: so does one
    that began on an earlier day in UTC. See `segments`.
    fsync: "always", before an append returns; "interval", `fsync_seconds` after an append, and on closing;
    "never". A killed process loses nothing; they differ when a machine stops.
    lock_timeout: seconds to wait for others who append.   files: the system calls of the appending side.
    clock: nanoseconds since 1970.   new_id: makes an id no other event has.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        writer: str | None = None,
        fsync: Fsync = "interval",
        fsync_seconds: float = 1.0,
        rotate_bytes: int | None = ROTATE_BYTES,
        rotate_daily: bool = False,
        lock_timeout: float = 2.0,
        clock: Callable[[], int] = time.time_ns,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        files: Files | None = None,
    ) -> None:
        if writer is not None:
            encode_members({"writer": writer})
            if not writer:
                raise CallerError("a writer needs a name")
        self.path = Path(path)
        self._writer = writer
        self._policy = Policy(rotate_bytes, rotate_daily, fsync, fsync_seconds, lock_timeout)
        self._files = Files() if files is None else files
        self._clock = clock
        self._new_id = new_id
        self._processes: dict[int, _Process] = {}
        self._here()

    def _here(self) -> _Process:
        """This process's own part: after a fork, locks and descriptors of the parent are not to be used."""
        pid = os.getpid()
        found = self._processes.get(pid)
        # setdefault is atomic: of two threads that get here first, both go on with one part
        return found or self._processes.setdefault(pid, self._part_of(pid))

    def _part_of(self, pid: int) -> _Process:
        writer = self._writer or f"{pid}-{secrets.token_hex(4)}"
        log = AppendLog(
            self.path,
            writer,
            self._policy,
            shared_name=self._writer is not None,
            stamp=lambda kind: Stamp(self._new_id(), self._now(), writer, kind),
            today=lambda: self._now()[:10],
            files=self._files,
        )
        return _Process(log, Histories(self.path))

    def _now(self) -> str:
        return timestamp(self._clock())

    @property
    def writer(self) -> str:
        """The name this process appends under."""
        return self._here().log.writer

    def append(
        self, kind: str, fields: Mapping[str, object], *, event_id: str | None = None, at: int | None = None
    ) -> str:
        """Append an event of any kind and return its id; the line is in the file when this returns.

        event_id: the event's own, else a new one.   at: nanoseconds since 1970 when it happened, else now.
        Raises CallerError for what no line can hold, JournalError when the line is not in the file, and its
        NotDurableError when it is in the file but the disk did not confirm it.
        """
        if kind == "segment":
            raise CallerError("a line of kind segment is written by a rotation alone")
        if not fields or not kind or _ENVELOPE & fields.keys():
            raise CallerError(
                f"an event needs a kind and members of its own, none named {', '.join(sorted(_ENVELOPE))}"
            )
        log = self._here().log
        ts = timestamp(self._clock() if at is None else at)
        stamp = Stamp(event_id or self._new_id(), ts, log.writer, kind)
        log.append(stamp, encode_members(fields))
        return stamp.id

    def append_judgment(
        self,
        *,
        subject: str | None,
        case: Case,
        chosen: int | None,
        verdict: Verdict,
        posterior: Belief,
        source: str,
        reason: str | None,
        model_version: str | None,
        meta_comment: str,
        tried: Iterable[Tried] = (),
        values: Iterable[float | None] = (),
        more: Mapping[str, object] | None = None,
        event_id: str | None = None,
        at: int | None = None,
    ) -> str:
        """Append a judgment and return its id. Members mean what JudgmentLine says; `more` is added to them.

        Raises as `append` does.
        """
        if not isinstance(subject, str | None):
            raise CallerError(f"expected a subject as text or None, got {type(subject).__name__}")
        fields = {
            "subject": subject,
            **members_of(case),
            "chosen": chosen,
            "verdict": verdict,
            "posterior": RecordedPosterior.of(posterior).model_dump(mode="json"),
            "source": source,
            "reason": reason,
            "model_version": model_version,
            "meta_comment": meta_comment,
            "tried": [one.model_dump(mode="json") for one in tried],
            "values": list(values),
        }
        return self.append("judgment", {**fields, **(more or {})}, event_id=event_id, at=at)

    def append_feedback(
        self,
        judgment: str,
        feedback: Feedback | None = None,
        reward: float | None = None,
        *,
        event_id: str | None = None,
        at: int | None = None,
    ) -> str:
        """Append what a person said of a judgment, or what it was worth to them, and return the line's id.

        reward: -3 to 3, on the scale of the advantage, never money.
        Raises CallerError for an unknown judgment, no answer, or one out of range; else as `append`.
        """
        check_answer(feedback, reward)
        if not self.knows(judgment):
            raise CallerError(f"no judgment {judgment!r} in {self.path}")
        fields = {"judgment": judgment, "feedback": feedback, "reward": reward}
        return self.append("feedback", fields, event_id=event_id, at=at)

    def knows(self, judgment: str) -> bool:
        """Whether a judgment of this id is in the file. Raises JournalError where it cannot be read."""
        try:
            return self._here().histories.knows(judgment)
        except OSError as exc:
            raise self._unreadable(exc) from exc

    def history(self, subject: str) -> History:
        """The newest 512 answered judgments of a subject, oldest first, and the last trusted posterior.

        Follows the file: only what is new is read. Raises JournalError where it cannot be read.
        """
        try:
            return self._here().histories.of(subject)
        except OSError as exc:
            raise self._unreadable(exc) from exc

    def catch_up(self) -> None:
        """Read what the file holds now, so that the first question need not wait. Raises JournalError."""
        try:
            self._here().histories.catch_up()
        except OSError as exc:
            raise self._unreadable(exc) from exc

    def _unreadable(self, exc: OSError) -> JournalError:
        return JournalError(f"{self.path}: cannot read: {exc.strerror or exc}")

    def read(self) -> Iterator[Numbered | Damaged]:
        """Every line, in file order: events with their numbers, and damaged lines with the reason.

        Raises CallerError where there is no such file, JournalError where it cannot be read.
        """
        return read_log(self.path)

    def verify(self) -> Audit:
        """Check every line of every file. Raises as `read` does."""
        from bayesian_verifier.journal._audit import audit  # noqa: PLC0415 who appends seldom audits
        from bayesian_verifier.journal._links import broken_links  # noqa: PLC0415 as above

        found = audit(self.read())
        try:
            return replace(found, links=tuple(broken_links(present(self.path))))
        except OSError as exc:
            raise self._unreadable(exc) from exc

    def close(self) -> None:
        """Make what was appended durable, as the policy says, and close the files; it may be used again."""
        self._here().log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
