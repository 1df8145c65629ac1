"""What did operations do? Its lines, newest first, and what they come to: trainings, decisions, promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.dashboard._asked import limit_of, offset_of, text_of
from bayesian_verifier.dashboard._moments import ms_of
from bayesian_verifier.dashboard._plain_json import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bayesian_verifier.dashboard._cache import Cache

_LINES = """
    SELECT n, id, t, kind, members, count(*) OVER () FROM ledger WHERE ? IN ('', kind)
    ORDER BY n DESC LIMIT ? OFFSET ?
"""
_KINDS = "SELECT kind, count(*) FROM ledger GROUP BY kind ORDER BY count(*) DESC, kind LIMIT 40"
_OF_KINDS = "SELECT id, t, kind, members FROM ledger WHERE kind IN (SELECT unnest(?)) ORDER BY n DESC LIMIT ?"
_ENVELOPE = frozenset({"v", "seq", "id", "ts", "writer", "kind", "crc"})
#: of trainings and of decisions; older ones are in the ledger's own view
_MOST = 100
_RUN_KINDS = ("training_started", "training_ended", "gate", "promotion", "rollback")
_DECISION_KINDS = ("approval_asked", "approved", "rejected", "expired")


class Entry(NamedTuple):
    """A line of the ledger. t: milliseconds since 1970."""

    id: str
    t: float
    kind: str
    members: dict[str, Any]


def ledger_document(cache: Cache, query: Mapping[str, str]) -> dict[str, Any]:
    """Lines of a `kind`, or of all."""
    limit, offset = limit_of(query, 50), offset_of(query)
    rows = cache.rows(_LINES, [text_of(query, "kind"), limit, offset])
    return {
        "lines": [
            {"n": n, "id": i, "t": t, "kind": kind, **_members(text)} for n, i, t, kind, text, _ in rows
        ],
        "matching": rows[0][-1] if rows else 0,
        "kinds": dict(cache.rows(_KINDS)),
        "offset": offset,
        "limit": limit,
    }


def entries(cache: Cache, kinds: Sequence[str], most: int) -> list[Entry]:
    """The newest lines of some kinds, newest first."""
    rows = cache.rows(_OF_KINDS, [list(kinds), most])
    return [Entry(i, t, kind, read_json(text)) for i, t, kind, text in rows]


def decisions(cache: Cache, now: float) -> list[dict[str, Any]]:
    """What people were asked to approve, newest first. now: milliseconds since 1970."""
    found = entries(cache, _DECISION_KINDS, 4 * _MOST)
    closed = {one.members.get("request"): one for one in reversed(found) if one.kind != "approval_asked"}
    asked = [one for one in found if one.kind == "approval_asked"][:_MOST]
    return [_decision(one, closed.get(one.id), now) for one in asked]


def runs(cache: Cache) -> list[dict[str, Any]]:
    """Trainings, newest first, each with how it ended, what the gate said and whether it was promoted."""
    found: dict[str, dict[str, Any]] = {}
    for one in reversed(entries(cache, _RUN_KINDS, 6 * _MOST)):
        run = one.members.get("run")
        if not isinstance(run, str):
            continue
        said = {name: value for name, value in one.members.items() if name not in _ENVELOPE}
        found.setdefault(run, {"run": run, "t": one.t})[one.kind] = {"t": one.t, **said}
    return sorted(found.values(), key=lambda run: -run["t"])[:_MOST]


def _decision(asked: Entry, closed: Entry | None, now: float) -> dict[str, Any]:
    said = asked.members
    expires = _moment(said.get("expires"))
    status = "pending" if expires is None or now < expires else "expired"
    by = why = at = None
    if closed is not None:
        status, at = closed.kind, closed.t
        by, why = closed.members.get("by"), closed.members.get("why")
    return {
        "id": asked.id,
        "t": asked.t,
        **{name: said.get(name) for name in ("what", "challenger", "champion", "default")},
        "expires": expires,
        "status": status,
        "decided": at,
        "by": by,
        "why": why,
    }


def _moment(text: object) -> float | None:
    try:
        return ms_of(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _members(text: str) -> dict[str, Any]:
    members = read_json(text)
    return {
        "writer": members.get("writer"),
        "members": {name: value for name, value in members.items() if name not in _ENVELOPE},
    }
