"""People with more traits than risk aversion: a taste for what is new, and a way of their own with chances."""

from bayesian_verifier.simulators.traits._cases import People, TraitCases, cases_of, dense_cases
from bayesian_verifier.simulators.traits._evidence import TraitsEvidence
from bayesian_verifier.simulators.traits._likelihood import Told, case_log_likelihoods, log_likelihood
from bayesian_verifier.simulators.traits._nodes import (
    KNOTS,
    NODES,
    REACH,
    REWARD_TERMS,
    SUMS,
    Answers,
    node_places,
    nodes,
    people_of,
    places,
    sites,
    summed,
    warped,
)
from bayesian_verifier.simulators.traits._novelty import novelty
from bayesian_verifier.simulators.traits._people import ExplorerSimulator, TraitsSimulator

__all__ = [
    "KNOTS",
    "NODES",
    "REACH",
    "REWARD_TERMS",
    "SUMS",
    "Answers",
    "ExplorerSimulator",
    "People",
    "Told",
    "TraitCases",
    "TraitsEvidence",
    "TraitsSimulator",
    "case_log_likelihoods",
    "cases_of",
    "dense_cases",
    "log_likelihood",
    "node_places",
    "nodes",
    "novelty",
    "people_of",
    "places",
    "sites",
    "summed",
    "warped",
]
