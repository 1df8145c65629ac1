"""Is what judgments say kept as the protocol says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.simulators._kit import FaultError, Said, require

if TYPE_CHECKING:
    from bayesian_verifier.simulators._kit import Kit

#: the state that travels with a person has room for so many bytes of evidence
_MOST_BYTES = 17_500
#: so many judgments are kept as they are
_FEW = 32
#: of the greatest sum: what an order may change; and what one judgment may add
_MOST_OFF, _GREATEST = 1e-4, 1e5
#: likelihoods of judgments and of their sums may differ by so many nats, where they are within so many of the best
_MOST_NATS, _NEAR_NATS = 0.1, 20.0


def sums(kit: Kit) -> Said:
    """Of the promised size, finite, and blind to proposals without an answer."""
    judged, own = kit.judged(), kit.simulator
    said = own.describe(judged)
    found = said.evidence.sums
    require(found.shape == (own.sums_size,), f"sums are {found.shape}, expected ({own.sums_size},)")
    require(found.dtype == np.float32, f"sums are {found.dtype}, expected float32")
    require(bool(np.isfinite(found).all()), "sums are numbers that are not finite")
    require(said.informative > 0, "no judgment says anything")
    require(said.informative + said.refuted <= len(judged), "more judgments count than there are")
    none = own.describe(kit.cases())
    require(
        not none.informative and not none.evidence.sums.any(), "judgments without an answer say something"
    )
    require(not own.describe([]).evidence.sums.any(), "no judgments say something")
    return f"{own.sums_size} sums; {said.informative} of {len(judged)} judgments say something", {
        "sums": own.sums_size,
        "informative": said.informative,
    }


def additivity(kit: Kit) -> Said:
    """Two halves add up to the whole, in any order."""
    judged, own = kit.judged(), kit.simulator
    whole = own.describe(judged).evidence.sums
    half = len(judged) // 2
    halves = own.describe(judged[:half]).evidence.plus(own.describe(judged[half:]).evidence).sums
    turned = own.describe(judged[::-1]).evidence.sums
    scale = np.abs(whole).max() + 1e-6
    off = float(max(np.abs(halves - whole).max(), np.abs(turned - whole).max()) / scale)
    require(
        off < _MOST_OFF, f"halves, or another order, add up to something else ({off:.1e} of the greatest sum)"
    )
    return f"halves and another order agree to {off:.0e} of the greatest sum", {"off": off}


def features(kit: Kit) -> Said:
    """What one judgment says is moderate in size, and differs from judgment to judgment."""
    judged = kit.judged()
    rows = np.stack([kit.simulator.describe([one]).evidence.sums for one in judged])
    greatest = float(np.abs(rows).max())
    require(greatest < _GREATEST, f"one judgment adds {greatest:.1e} to a sum; keep features near 1")
    dead = int((rows.std(axis=0) == 0).sum())
    require(dead < rows.shape[1], "every judgment says the same")
    return f"greatest {greatest:.3g}; {dead} of {rows.shape[1]} never changed", {
        "greatest": greatest,
        "dead": dead,
    }


def state(kit: Kit) -> Said:
    """Evidence travels as bytes, that of a few judgments unchanged, and what is no evidence is refused."""
    own = kit.simulator
    few = own.describe(kit.judged()[:_FEW]).evidence
    back = own.read_evidence(few.to_bytes())
    require(np.allclose(back.sums, few.sums, rtol=1e-6), "evidence read back is another")
    evidence = own.describe(kit.judged()).evidence
    raw = evidence.to_bytes()
    require(len(raw) <= _MOST_BYTES, f"evidence takes {len(raw)} bytes, and a state has {_MOST_BYTES}")
    back = own.read_evidence(raw)
    require(back.to_bytes() == raw, "evidence read back is written otherwise")
    require(back.kind == evidence.kind, f"evidence of kind {evidence.kind} reads back as {back.kind}")
    try:
        own.read_evidence(raw[:-1])
    except ValueError:
        return f"{len(raw)} bytes", {"bytes": len(raw)}
    raise FaultError("evidence that was cut short is read without a ValueError")


def likelihood(kit: Kit) -> Said:
    """Offered by judgments and by their sums alike, or by neither."""
    judged, own = kit.judged()[:_FEW], kit.simulator
    theta = own.sample_prior(kit.rng(7), 64)
    by_judgments = own.log_likelihood(theta, judged)
    by_sums = own.describe(judged).evidence.log_likelihood(theta)
    require((by_judgments is None) == (by_sums is None), "judgments offer a likelihood, or sums, not both")
    if by_judgments is None or by_sums is None:
        return "none: no weights, no pareto_k, no exact reference; judged by calibration and recovery", {
            "offered": False
        }
    near = by_judgments > by_judgments.max() - _NEAR_NATS
    off = by_sums - by_judgments
    worst = float(np.ptp(off[near]))
    require(worst < _MOST_NATS, f"by sums it is up to {worst:.2g} nats off that of the judgments")
    return f"offered; by sums {worst:.1e} nats off at most", {"offered": True, "off_nats": worst}
