"""Which epochs are there, which hold, and which wait for somebody to open them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.drift._followed import FIRST, Followed
from bayesian_verifier.journal import EpochLine, Epochs, EpochUndoneLine, WindowLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._settings import DriftSettings
    from bayesian_verifier.journal import Line

State = Literal["holds", "followed", "undone", "proposed"]


class OfEpoch(NamedTuple):
    """An epoch of a subject. id: None where it is only proposed.   since: answers from then on count.

    state: whether it holds, another begins after it, it was undone, or it waits for somebody to open it.
    window, moved: of the alarm, None where a person opened it; how far is in the unit of the parameter.
    by, at: who opened it, when.
    undone_by, undone_at: who took it back, when.   why: all of that in words.
    """

    id: str | None
    subject: str
    since: str
    state: State
    window: str | None
    moved: float | None
    by: str | None
    at: str | None
    undone_by: str | None
    undone_at: str | None
    why: str


class Listing:
    """Epochs and alarms, from a journal's events in its order."""

    def __init__(self) -> None:
        self._epochs = Epochs()
        self._alarms: dict[str, Heard] = {}  # by window

    def note(self, line: Line) -> None:
        """Hear an event that is no window."""
        if isinstance(line, EpochLine | EpochUndoneLine):
            self._epochs.add(line)

    def hear(self, heard: Heard) -> None:
        """Hear what a window did."""
        if heard.alarm:
            self._alarms[heard.window.id] = heard

    def found(self) -> list[OfEpoch]:
        """By subject, by when they begin."""
        opened = [self._of(one) for one in self._epochs.opened()]
        told = {one.window for one in opened}
        latest = {one.window.subject: one for one in self._alarms.values() if one.window.id not in told}
        asked = [self._proposed(one) for one in latest.values() if self._is_news(one)]
        return sorted(opened + asked, key=lambda one: (one.subject, one.since, one.at or "~"))

    def _of(self, line: EpochLine) -> OfEpoch:
        undone, current = self._epochs.undone(line.id), self._epochs.current(line.subject)
        state: State = "followed"
        if undone is not None:
            state = "undone"
        elif current is not None and current.id == line.id:
            state = "holds"
        heard = self._alarms.get(line.window or "")
        moved = None if heard is None else heard.moved
        why = "opened by a person" if line.window is None else _words(heard)
        if undone is not None:
            why += f"; undone by {undone.by}" + (f": {undone.why}" if undone.why else "")
        return OfEpoch(
            line.id,
            line.subject,
            line.since,
            state,
            line.window,
            moved,
            line.by,
            line.ts,
            None if undone is None else undone.by,
            None if undone is None else undone.ts,
            why,
        )

    def _is_news(self, heard: Heard) -> bool:
        current = self._epochs.current(heard.window.subject)
        return current is None or current.since < heard.change_began

    def _proposed(self, heard: Heard) -> OfEpoch:
        window = heard.window
        return OfEpoch(
            None,
            window.subject,
            heard.change_began,
            "proposed",
            window.id,
            heard.moved,
            None,
            None,
            None,
            None,
            _words(heard),
        )


def epochs_of(events: Iterable[Line], settings: DriftSettings) -> list[OfEpoch]:
    """Of a journal's events, in its order; what waits to be opened is nothing where the settings say "off"."""
    followed = Followed(threshold=settings.threshold, wander=settings.wander)
    listing = Listing()
    for one in events:
        if isinstance(one, WindowLine):
            listing.hear(followed.hear(one))
        else:
            listing.note(one)
    return wanted(listing.found(), settings)


def wanted(found: list[OfEpoch], settings: DriftSettings) -> list[OfEpoch]:
    """Those that anybody is to hear of."""
    return [one for one in found if one.state != "proposed" or settings.epochs != "off"]


def _words(heard: Heard | None) -> str:
    if heard is None:
        return "changed"
    said = f"changed by {heard.moved:+.2f}"
    return said if heard.parameter == FIRST else f"{heard.parameter} {said}"
