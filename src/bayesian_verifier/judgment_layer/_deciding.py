"""How does an assessment become a decision that stands in the journal? Ranked, proved, told and written down."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._choice import choose
from bayesian_verifier.judgment_layer._chosen import Chosen
from bayesian_verifier.judgment_layer._comments import meta_comment
from bayesian_verifier.judgment_layer._values import Decision
from bayesian_verifier.judgment_layer._written import judgment_line, policy_line
from bayesian_verifier.policy import trace_of
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment import Case
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._ranking import Ranking
    from bayesian_verifier.judgment_layer._recorder import Recorder
    from bayesian_verifier.judgment_layer._values import Assessment
    from bayesian_verifier.policy import Surroundings


class Deciding:
    """Makes decisions of one layer. clock: nanoseconds since 1970."""

    def __init__(
        self,
        ranking: Ranking,
        prover: Verifies,
        journal: Journal,
        recorder: Recorder,
        clock: Callable[[], int],
    ) -> None:
        self._ranking = ranking
        self._prover = prover
        self._journal = journal
        self._recorder = recorder
        self._clock = clock

    def decide(
        self, case: Case, subject: str | None, surroundings: Surroundings, assessment: Assessment
    ) -> tuple[Decision, Chosen]:
        """The decision, and what a shadow may compare with. Raises CallerError for what no journal can hold."""
        belief = Belief(assessment.mean, assessment.sd, assessment.quantiles)
        ranked = self._ranking.rank(case, belief, subject, surroundings)
        scored = ranked.scored
        choice = choose(
            case,
            belief,
            self._prover,
            others=assessment.others,
            scores=None if scored is None else scored.scores,
        )
        comment = meta_comment(choice, assessment, scored)
        decision_id, at = uuid.uuid4().hex, self._clock()
        line = judgment_line(
            self._journal,
            subject,
            case,
            choice,
            assessment,
            comment=comment,
            event_id=decision_id,
            at=at,
            ranked=ranked,
            ab_test=self._ranking.ab_test,
        )
        recorded = self._recorder.record(line)
        if scored is not None:
            trace = trace_of(
                scored,
                judgment=decision_id,
                subject=subject,
                belief=belief,
                source=assessment.source,
                surroundings=surroundings,
            )
            self._recorder.record(policy_line(self._journal, trace, at))
        decision = Decision(
            id=decision_id,
            chosen=choice.chosen,
            verdict=choice.verdict,
            meta_comment=comment,
            assessment=assessment,
            values=choice.values,
            recorded=recorded,
            policy=None if scored is None else scored.policy,
            asks=scored is not None and scored.asks,
            arm=ranked.arm,
        )

        def scores(other: Belief) -> Sequence[float | None] | None:
            found = self._ranking.rank(case, other, subject, surroundings).scored
            return None if found is None else found.scores

        return decision, Chosen(case, choice, decision_id, scores)
