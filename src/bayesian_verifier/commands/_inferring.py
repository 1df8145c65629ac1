"""How does a command have a window inferred? It asks the service, from the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.drift import Inferred
    from bayesian_verifier.judgment import Judgment

PARAMETER, NOISE = "risk_aversion", "choice_noise"
_PRIVATE = {"id", "subject", "ts"}


def inference_by(url: str, token: str | None) -> Callable[[Sequence[Judgment]], Inferred]:
    """Asks the service at `url` about judgments; whose they are, and when, is not sent.

    The function raises BusyError when the service cannot be had, CallerError when it refuses the question.
    """
    from bayesian_verifier.commands._remote import ask_service
    from bayesian_verifier.drift import Inferred
    from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief

    def infer(judgments: Sequence[Judgment]) -> Inferred:
        records = [one.model_dump(mode="json", exclude_none=True, exclude=_PRIVATE) for one in judgments]
        reply = ask_service({"judgments": records}, url, token)
        try:
            beliefs = {
                name: Belief(
                    float(marginal["mean"]),
                    float(marginal["sd"]),
                    tuple(float(marginal["quantiles"][str(level)]) for level in QUANTILE_LEVELS),
                )
                for name, marginal in reply["posterior"].items()
                if name != NOISE
            }
            noise = reply["posterior"].get(NOISE)
            return Inferred(
                beliefs.pop(PARAMETER),
                None if noise is None else float(noise["mean"]),
                int(reply["evidence"]["informative"]),
                bool(reply["checks"]["trustworthy"]),
                str(reply["model"]["version"]),
                beliefs,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise BusyError(f"{url} answered something else than a posterior: {exc!r}") from exc

    return infer
