"""Which other line is a line about? By its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def named_by(members: Mapping[str, Any]) -> str | None:
    """The id of the judgment that a decoded line is about, or of the epoch that it takes back."""
    name = members.get("epoch" if members.get("kind") == "epoch_undone" else "judgment")
    return name if isinstance(name, str) else None
