"""How are people and moments named in links and replies?"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256


def key_of(subject: str) -> str:
    """What stands for a person in a link: 16 hexadecimal digits, the same for the same name, never the name."""
    return sha256(subject.encode()).hexdigest()[:16]


def ms_of(ts: str) -> float:
    """Milliseconds since 1970 of a moment as the journal writes it. Raises ValueError."""
    moment = datetime.fromisoformat(ts)
    seconds = int(moment.replace(microsecond=0).timestamp())
    return (seconds * 1_000_000 + moment.microsecond) / 1000


def ts_of(ms: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
