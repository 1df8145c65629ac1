"""How are requests and the history of retraining shown?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal import (
    ApprovalAskedLine,
    ApprovedLine,
    ExpiredLine,
    GateLine,
    PromotionLine,
    RejectedLine,
    RollbackLine,
    TrainingEndedLine,
    TrainingStartedLine,
    ledger_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line
    from bayesian_verifier.retraining import Asked, Operations

_ENVELOPE = {"v", "seq", "writer", "crc"}


def request_document(done: Operations, asked: Asked) -> dict[str, Any]:
    """A request as programs read it, with the verdict that it rests on."""
    line = asked.line
    gate = next((one for one in reversed(done.gates) if one.challenger == line.challenger), None)
    return {
        "request": line.id,
        "asked": line.ts,
        "what": line.what,
        "challenger": line.challenger,
        "champion": line.champion,
        "expires": line.expires,
        "default": line.default,
        "reasons": [] if gate is None else list(gate.reasons),
        "evidence": {} if gate is None else gate.evidence,
    }


def print_pending(found: list[dict[str, Any]]) -> None:
    """For people."""
    from rich.console import Console
    from rich.table import Table

    if not found:
        Console().print("nobody waits for an answer")
        return
    table = Table("request", "for", "in the place of", "because", "expires", "then")
    for one in found:
        for_whom, because = one["challenger"] or "a training", "; ".join(one["reasons"])
        until = (one["expires"][:16], one["default"])
        table.add_row(one["request"], for_whom, one["champion"], because, *until)
    Console(soft_wrap=False).print(table)


def history_rows(events: Iterable[Line]) -> list[dict[str, Any]]:
    """All that was done, in the order of the ledger; alarms are not."""
    rows = []
    for one in ledger_lines(events):
        said = _said(one)
        if said:
            members = one.model_dump(mode="json", by_alias=True)
            rows.append({"said": said} | {k: v for k, v in members.items() if k not in _ENVELOPE})
    return rows


def print_history(rows: list[dict[str, Any]]) -> None:
    """For people."""
    from rich.console import Console
    from rich.table import Table

    table = Table("when", "what", "")
    for one in rows:
        table.add_row(one["ts"][:19].replace("T", " "), one["kind"].replace("_", " "), one["said"])
    Console().print(table if rows else "nothing was done yet")


def _said(line: Line) -> str:
    """In words; nothing for a line that is not about retraining."""
    match line:
        case TrainingStartedLine():
            return f"{line.reason}: {line.said} (by {line.by}, run {line.run[:8]})"
        case TrainingEndedLine():
            took = "" if line.seconds is None else f" in {line.seconds:.0f} s"
            return (
                f"{line.outcome}{took}: {line.challenger or line.error or 'nothing new'} (run {line.run[:8]})"
            )
        case GateLine():
            return f"{line.verdict} {line.challenger}: {'; '.join(line.reasons)}"
        case ApprovalAskedLine():
            may = (
                "may a challenger be trained" if line.challenger is None else f"may {line.challenger} answer"
            )
            return f"request {line.id}: {may}? Until {line.expires[:19]}, then {line.default}"
    return _decided(line)


def _decided(line: Line) -> str:
    match line:
        case ApprovedLine() | RejectedLine():
            return f"request {line.request} by {line.by}" + (f": {line.why}" if line.why else "")
        case ExpiredLine():
            return f"request {line.request}: nobody answered"
        case PromotionLine():
            return f"{line.challenger} answers, in the place of {line.champion} (by {line.by})"
        case RollbackLine():
            return f"{line.to} answers again, in the place of {line.from_} (by {line.by})"
    return ""
