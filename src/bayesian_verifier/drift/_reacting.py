"""What is done when somebody has changed, or the population has? Written down once, whatever is heard again.

An epoch is written before its alarm. So an alarm in the ledger means that all was done about it: what is found in
a replay is no reason to open an epoch that was undone, or that was not to be opened when the alarm came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bayesian_verifier.drift._followed import FIRST
from bayesian_verifier.drift._population import population_fields
from bayesian_verifier.journal import EpochLine, Epochs, EpochUndoneLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal

    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._population import Crossing
    from bayesian_verifier.journal import Line

#: who opened an epoch that nobody asked for
OURSELVES = "drift watch"


class Appends(Protocol):
    """What a journal or a ledger is to a watcher: something to add events to."""

    def append(self, kind: str, fields: Mapping[str, object], /) -> str:
        """Add an event and return its id."""


class Crossed(NamedTuple):
    """What the ledger says last of a measure. until: its `to`.   raised: whether it was above its limit then."""

    until: str
    raised: bool


class Recalled(NamedTuple):
    """What a ledger has. alarmed: windows with an alarm.   crossed: the last word on each measure."""

    alarmed: frozenset[str]
    crossed: Mapping[str, Crossed]


def recalled(ledger: Iterable[Line]) -> Recalled:
    """From a ledger's events, in its order."""
    alarmed: set[str] = set()
    crossed: dict[str, Crossed] = {}
    for one in ledger:
        said = one.model_extra or {}
        if one.kind == "alarm":
            alarmed.add(str(said.get("window")))
        elif one.kind == "population":
            crossed[str(said.get("measure"))] = Crossed(str(said.get("to")), said.get("raised") is True)
    return Recalled(frozenset(alarmed), crossed)


class Told(NamedTuple):
    """What a window did, and what is written about it.

    epoch: the id of the one opened, None where none was; `asked`: whether a person is to open one.
    crossings: limits of the population that were crossed at it.
    """

    heard: Heard
    epoch: str | None
    asked: bool
    crossings: tuple[Crossing, ...]


class Reacting:
    """Writes epochs to the journal, and alarms and limits crossed to the ledger.

    epochs: what to do when somebody changes.   alarmed: windows whose alarm the ledger has.
    crossed: what the ledger says last of each measure.
    """

    def __init__(
        self,
        journal: Appends,
        ledger: Appends,
        epochs: Literal["off", "ask", "open"],
        alarmed: Iterable[str],
        crossed: Mapping[str, Crossed],
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._reaction = epochs
        self._alarmed = set(alarmed)
        self._crossed = dict(crossed)
        self._epochs = Epochs()
        self._opened: dict[str, str] = {}  # epochs, by the window whose alarm opened them

    def note(self, events: Sequence[Line], *, anew: bool) -> None:
        """Know the epochs among these, before any window among them is reacted to."""
        if anew:
            self._epochs, self._opened = Epochs(), {}
        for one in events:
            if isinstance(one, EpochLine | EpochUndoneLine):
                self._epochs.add(one)
            if isinstance(one, EpochLine) and one.window is not None:
                self._opened.setdefault(one.window, one.id)

    def to(self, heard: Heard, crossings: Sequence[Crossing], *, crowd: bool) -> Told:
        """React to what a window did. crowd: whether more people change than may: then each epoch is asked for."""
        window = heard.window
        if heard.alarm and window.id not in self._alarmed:
            if self._reaction == "open" and not crowd and self._is_news(heard):
                self._opened[window.id] = self._journal.append("epoch", _epoch_fields(heard))
            self._ledger.append("alarm", alarm_fields(heard))
            self._alarmed.add(window.id)
        for one in crossings:
            if self._is_new(one):
                self._ledger.append("population", population_fields(one))
                self._crossed[one.measure] = Crossed(one.until, one.raised)
        epoch = self._opened.get(window.id)
        asked = heard.alarm and epoch is None and self._reaction != "off" and self._is_news(heard)
        return Told(heard, epoch, asked, tuple(crossings))

    def _is_new(self, crossing: Crossing) -> bool:
        """Not in the ledger: where somebody was forgotten, what is left may cross a limit a little earlier or later."""
        last = self._crossed.get(crossing.measure, Crossed("", raised=False))
        return crossing.until > last.until and crossing.raised != last.raised

    def _is_news(self, heard: Heard) -> bool:
        """Whether what was said before the change still counts, and nobody opened an epoch for this alarm."""
        current = self._epochs.current(heard.window.subject)
        return heard.window.id not in self._opened and (current is None or current.since < heard.change_began)


def _epoch_fields(heard: Heard) -> dict[str, object]:
    return {
        "subject": heard.window.subject,
        "from": heard.change_began,
        "window": heard.window.id,
        "reason": "drift",
        "by": OURSELVES,
    }


def alarm_fields(heard: Heard) -> dict[str, object]:
    """What the ledger says of an alarm. Whose it is the window says, in the journal: forgetting them is done there."""
    return {
        "window": heard.window.id,
        "number": heard.window.number,
        "statistic": heard.statistic,
        "change_began": heard.change_began,
        "moved": heard.moved,
        "model_version": heard.window.model_version,
        **({} if heard.parameter == FIRST else {"parameter": heard.parameter}),
    }
