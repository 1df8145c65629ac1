"""How do windows, epochs and alarms get into journal and ledger? One pass over what is new, as often as one likes.

A pass reads the journal on, has each completed window inferred and journals it; what is heard is what then stands in
the journal, in its order, so that a replay hears the same. A window that cannot be inferred now waits for the next.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._cutting import Cutter
from bayesian_verifier.drift._followed import Followed
from bayesian_verifier.drift._population import Population
from bayesian_verifier.drift._predicted import mean_log_loss
from bayesian_verifier.drift._reacting import Reacting
from bayesian_verifier.errors import BusyError
from bayesian_verifier.journal import RecordedPosterior, WindowLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bayesian_verifier.drift._cutting import Cut
    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._reacting import Appends, Crossed, Told
    from bayesian_verifier.drift._settings import DriftSettings
    from bayesian_verifier.journal import Line, New
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief


NONE_CROSSED: Mapping[str, Crossed] = MappingProxyType({})


class Inferred(NamedTuple):
    """What the service says of some judgments: beliefs about r, and the mean of τ; `informative` of them counted.

    others: about the further parameters that say what a person wants, by name.
    """

    belief: Belief
    choice_noise: float | None
    informative: int
    trustworthy: bool
    model_version: str
    others: Mapping[str, Belief] = MappingProxyType({})


class Watcher:
    """Keeps the journal's windows and epochs, and the ledger's alarms and limits crossed, up to date.

    news: the journal's events since the last call; all of them, anew, at the first and whenever it was compacted.
    infer: asks the service from the prior; with no judgments, for the prior itself. Raises BusyError when it cannot.
    alarmed, crossed: what the ledger has already, see `recalled`.
    variance_scale: of messages inferred from now on.
    """

    def __init__(
        self,
        news: Callable[[], New],
        journal: Appends,
        ledger: Appends,
        infer: Callable[[Sequence[Judgment]], Inferred],
        settings: DriftSettings,
        *,
        alarmed: Iterable[str] = (),
        crossed: Mapping[str, Crossed] = NONE_CROSSED,
        variance_scale: float = 1.0,
    ) -> None:
        self._news = news
        self._journal = journal
        self._infer = infer
        self._scale = variance_scale
        self._settings = settings
        self._reacting = Reacting(journal, ledger, settings.epochs, alarmed, crossed)
        self._begin(())

    def catch_up(self) -> list[Heard]:
        """As `react`; what was heard alone."""
        return [one.heard for one in self.react()]

    def react(self) -> list[Told]:
        """Read on, have windows inferred, hear them, react. Raises BusyError where the service cannot be had.

        What was heard before it raised is in the ledger, and is not returned again.
        """
        heard = self._read_on()
        while cut := self._cutter.due():
            self._journal.append("window", self._inferred(cut))
            self._cutter.leave_out(cut.subject, (one.id for one in cut.judgments))
            heard += self._read_on()
        return heard

    def _begin(self, events: Iterable[Line]) -> None:
        """Know nothing but which judgments are in a window: it stands behind those it is made of."""
        used = (i for one in events if isinstance(one, WindowLine) for i in one.judgments)
        self._cutter = Cutter(self._settings.window, used)
        self._followed = Followed(threshold=self._settings.threshold, wander=self._settings.wander)
        self._population = Population(self._settings.population)
        self._last: dict[str, WindowLine] = {}

    def _read_on(self) -> list[Told]:
        new = self._news()
        if new.anew:
            self._begin(new.events)
        self._reacting.note(new.events, anew=new.anew)
        heard = []
        for one in new.events:
            if isinstance(one, WindowLine):
                heard.append(self._hear(one))
            else:
                self._population.note(one)
            self._cutter.hear(one)
        return heard

    def _inferred(self, cut: Cut) -> dict[str, object]:
        """The members of a window event."""
        prior, found = self._infer(()), self._infer(cut.judgments)
        if prior.model_version != found.model_version:
            raise BusyError("the service changed its model between two questions")
        before = self._last.get(cut.subject)
        belief = prior.belief if before is None else before.posterior.belief
        noise = prior.choice_noise if before is None else before.choice_noise
        return {
            "subject": cut.subject,
            "number": 1 if before is None else before.number + 1,
            "judgments": [one.id for one in cut.judgments],
            "informative": found.informative,
            "prior": RecordedPosterior.of(prior.belief).model_dump(mode="json"),
            "posterior": RecordedPosterior.of(found.belief).model_dump(mode="json"),
            "choice_noise": found.choice_noise,
            "trustworthy": found.trustworthy,
            "model_version": found.model_version,
            "log_loss": None if noise is None else mean_log_loss(cut.judgments, belief, noise),
            "variance_scale": self._scale,
            "began": cut.began,
            "ended": cut.ended,
            **_others(prior, found),
        }

    def _hear(self, window: WindowLine) -> Told:
        heard = self._followed.hear(window)
        self._last[window.subject] = window
        crossings = self._population.hear(heard)
        return self._reacting.to(heard, crossings, crowd=self._population.is_raised("change_rate"))


def _others(prior: Inferred, found: Inferred) -> dict[str, object]:
    """The member `others`, where there are any."""
    of = {
        name: {
            "prior": RecordedPosterior.of(prior.others[name]).model_dump(mode="json"),
            "posterior": RecordedPosterior.of(belief).model_dump(mode="json"),
        }
        for name, belief in found.others.items()
        if name in prior.others
    }
    return {"others": of} if of else {}
