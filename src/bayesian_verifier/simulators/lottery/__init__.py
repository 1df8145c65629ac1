"""The stub simulator: CRRA people with logistic noise judge proposed lotteries."""

from bayesian_verifier.simulators.lottery._advantage import advantage_curves, advantages
from bayesian_verifier.simulators.lottery._generator import CaseMixture, DenseCases, generate_cases
from bayesian_verifier.simulators.lottery._mixture_file import read_mixture
from bayesian_verifier.simulators.lottery._packed import PackedCases, pack_dense, pack_judgments
from bayesian_verifier.simulators.lottery._people import ANSWERS, Person, records, simulate_person
from bayesian_verifier.simulators.lottery._stub import LotterySimulator, reference_points, respond

#: rewards are on the scale of the advantage; a record refuses what lies beyond
MAX_REWARD = 3.0

__all__ = [
    "ANSWERS",
    "MAX_REWARD",
    "CaseMixture",
    "DenseCases",
    "LotterySimulator",
    "PackedCases",
    "Person",
    "advantage_curves",
    "advantages",
    "generate_cases",
    "pack_dense",
    "pack_judgments",
    "read_mixture",
    "records",
    "reference_points",
    "respond",
    "simulate_person",
]
