"""People with more traits than risk aversion: a taste for what is new, and a way of their own with chances."""

from bayesian_verifier.simulators.traits._answers import Answers, people_of
from bayesian_verifier.simulators.traits._cases import People, TraitCases, cases_of
from bayesian_verifier.simulators.traits._drawing import draw_tries
from bayesian_verifier.simulators.traits._drawn_in import drawn_in, drawn_out
from bayesian_verifier.simulators.traits._evidence import TraitsEvidence
from bayesian_verifier.simulators.traits._likelihood import case_log_likelihoods, log_likelihood
from bayesian_verifier.simulators.traits._people import ExplorerSimulator, TraitsSimulator
from bayesian_verifier.simulators.traits._summing import COUNTS, Summing, log_chances
from bayesian_verifier.simulators.traits._surface import Axis, Lattice
from bayesian_verifier.simulators.traits._told import Told

__all__ = [
    "COUNTS",
    "Answers",
    "Axis",
    "ExplorerSimulator",
    "Lattice",
    "People",
    "Summing",
    "Told",
    "TraitCases",
    "TraitsEvidence",
    "TraitsSimulator",
    "case_log_likelihoods",
    "cases_of",
    "draw_tries",
    "drawn_in",
    "drawn_out",
    "log_chances",
    "log_likelihood",
    "people_of",
]
