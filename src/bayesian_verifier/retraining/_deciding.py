"""How do a gate's verdict and people's answers become a promotion, once, whoever else decides at the same time?

Reading the ledger and writing what follows from it is one step, under a lock of its own beside the ledger's. Whoever
appends without it (as nobody here does) cannot undo a decision either: the first one on a request counts.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout

from bayesian_verifier.errors import BusyError, CallerError, OperatorError
from bayesian_verifier.journal import ExpiredLine, News, timestamp
from bayesian_verifier.retraining._challengers import standing_of
from bayesian_verifier.retraining._due import due
from bayesian_verifier.retraining._operations import Operations, operations

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining._due import Step
    from bayesian_verifier.retraining._operations import Asked, Decided
    from bayesian_verifier.retraining._settings import PromotionSettings

_LOCK_SECONDS = 10.0
_DAY = 86_400.0
_MOST_STEPS = 1000


class Store(Protocol):
    """The model store, for one model."""

    def current(self) -> str | None:
        """The version that answers."""

    def holds(self, version: str) -> bool:
        """Whether it has this version."""

    def promote(self, version: str) -> None:
        """Let this version answer; nothing where it does already."""


class AlreadyDecidedError(CallerError):
    """Somebody decided this before, or it expired; the message says who and when."""


def read_operations(ledger: Journal) -> Operations:
    """What the ledger says now. Raises JournalError where it cannot be read."""
    news = News(ledger.path)
    try:
        return operations(news.read().events)
    finally:
        news.close()


def settle(
    ledger: Journal,
    store: Store,
    *,
    promotion: PromotionSettings | None,
    dead: Collection[str] = (),
    now: float | None = None,
) -> tuple[Step, ...]:
    """Do all that is due, and tell what it was: see `due`.

    promotion: None leaves challengers alone that nobody was asked about yet.   now: seconds since 1970.
    Raises JournalError, and ArtifactError where the store cannot be written.
    """
    with _deciding(ledger):
        return _settle(ledger, store, promotion, dead, time.time() if now is None else now)


def ask_for_training(
    ledger: Journal, champion: str, promotion: PromotionSettings, *, now: float | None = None
) -> str:
    """Ask people whether a challenger of this champion may be trained, unless they are asked; the request's id."""
    with _deciding(ledger):
        for one in read_operations(ledger).asked:
            if one.line.what == "training" and one.state == "open" and one.line.champion == champion:
                return one.line.id
        until = _until(promotion, time.time() if now is None else now)
        fields = {"what": "training", "challenger": None, "champion": champion, **until}
        return ledger.append("approval_asked", fields)


def approve(
    ledger: Journal, store: Store, request: str, by: str, why: str | None = None, *, now: float | None = None
) -> str | None:
    """Say yes to a request, and do what was asked for; the version that answers now, None of a training.

    A training is done by the next run, while there is still reason for one.
    request: its id, or enough of its beginning.   now: seconds since 1970.
    Raises CallerError for a request that is not there, AlreadyDecidedError for one that is decided,
    JournalError, and ArtifactError where the store cannot be written: then the next run does the rest.
    """
    at = time.time() if now is None else now
    with _deciding(ledger):
        _settle(ledger, store, None, (), at)
        asked = _open_request(read_operations(ledger), request)
        version = asked.line.challenger
        if version is not None and not store.holds(version):
            raise CallerError(f"{version} is not in the store any more: reject it")
        ledger.append("approved", {"request": asked.line.id, "by": _name(by), "why": why})
        _settle(ledger, store, None, (), at)
    return version


def reject(
    ledger: Journal, store: Store, request: str, by: str, why: str | None = None, *, now: float | None = None
) -> str | None:
    """Say no to a request; the version that was refused, None of a training. Raises as `approve` does."""
    with _deciding(ledger):
        _settle(ledger, store, None, (), time.time() if now is None else now)
        asked = _open_request(read_operations(ledger), request)
        ledger.append("rejected", {"request": asked.line.id, "by": _name(by), "why": why})
    return asked.line.challenger


def _settle(
    ledger: Journal, store: Store, promotion: PromotionSettings | None, dead: Collection[str], now: float
) -> tuple[Step, ...]:
    done: list[Step] = []
    approval = None if promotion is None else promotion.approval
    while len(done) < _MOST_STEPS:
        known = read_operations(ledger)
        step = due(known, store.current(), now, approval=approval, dead=dead)
        if step is None:
            break
        _do(step, known, ledger, store, promotion, now)
        done.append(step)
    return tuple(done)


def _do(
    step: Step,
    known: Operations,
    ledger: Journal,
    store: Store,
    promotion: PromotionSettings | None,
    now: float,
) -> None:
    if step.do == "end":
        ledger.append("training_ended", ended_fields(step.of, "failed", error=step.said))
    elif step.do == "expire":
        ledger.append("expired", {"request": step.of})
    elif step.do == "withdraw":
        ledger.append("rejected", {"request": step.of, "by": "bayesian-verifier", "why": step.said})
    elif (of := standing_of(known, step.of)) and step.do == "promote":
        # the rename first: a line about what did not happen could not be taken back
        store.promote(of.version)
        ledger.append(
            "promotion",
            {"run": of.run, "challenger": of.version, "champion": of.champion, "by": of.promoted_by},
        )
    elif of and promotion is not None:
        fields = {"what": "promotion", "challenger": of.version, "champion": of.champion}
        ledger.append("approval_asked", fields | _until(promotion, now))


def _until(promotion: PromotionSettings, now: float) -> dict[str, str]:
    expires = timestamp(int((now + promotion.expires_days * _DAY) * 1e9))
    return {"expires": expires, "default": promotion.default}


def ended_fields(
    run: str,
    outcome: str,
    *,
    challenger: str | None = None,
    error: str | None = None,
    prior: dict[str, float] | None = None,
    seconds: float | None = None,
) -> dict[str, object]:
    """The members of a `training_ended`."""
    return {
        "run": run,
        "outcome": outcome,
        "challenger": challenger,
        "error": error,
        "prior": prior,
        "seconds": seconds,
    }


def _open_request(known: Operations, request: str) -> Asked:
    found = [one for one in known.asked if request and one.line.id.startswith(request)]
    if len(found) != 1:
        waiting = ", ".join(one.line.id for one in known.asked if one.state == "open") or "none"
        many = f"{len(found)} requests begin with" if found else "no request"
        raise CallerError(f"{many} {request!r} (waiting: {waiting})")
    if found[0].decided is not None:
        raise AlreadyDecidedError(f"request {found[0].line.id} {_said(found[0].decided)}")
    return found[0]


def _said(decided: Decided) -> str:
    if isinstance(decided, ExpiredLine):
        return f"expired at {decided.ts}"
    why = f": {decided.why}" if decided.why else ""
    return f"was {decided.kind} by {decided.by} at {decided.ts}{why}"


def _name(by: str) -> str:
    if not by.strip():
        raise CallerError("who decides must be named")
    return by.strip()


@contextmanager
def _deciding(ledger: Journal) -> Iterator[None]:
    file = ledger.path.with_name(ledger.path.name + ".deciding")
    try:
        with FileLock(file, timeout=_LOCK_SECONDS, poll_interval=0.01):
            yield
    except Timeout as exc:
        raise BusyError(f"{file}: somebody else has been deciding for {_LOCK_SECONDS:g} s") from exc
    except PermissionError as exc:
        raise OperatorError(f"{file}: cannot be written: {exc.strerror or exc}") from exc
