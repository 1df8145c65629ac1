"""The stub simulator: CRRA people with logistic noise judge proposed lotteries."""

from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred
from bayesian_verifier.simulators.lottery._advantage import (
    advantage_curves,
    advantages,
    utilities,
    utility_curves,
)
from bayesian_verifier.simulators.lottery._cases import Answered
from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD, log_chance
from bayesian_verifier.simulators.lottery._evidence import LotteryEvidence, evidence_of
from bayesian_verifier.simulators.lottery._generator import CaseMixture, DenseCases, generate_cases
from bayesian_verifier.simulators.lottery._mixture_file import read_mixture
from bayesian_verifier.simulators.lottery._packed import PackedCases, pack_dense, pack_judgments
from bayesian_verifier.simulators.lottery._people import ANSWERS, Person, records, simulate_person
from bayesian_verifier.simulators.lottery._reference import reference_points, stencils
from bayesian_verifier.simulators.lottery._rival_curves import (
    RIVALS,
    RivalCurves,
    rival_curves,
    rival_risk_aversions,
)
from bayesian_verifier.simulators.lottery._rival_surfaces import (
    RivalSurfaces,
    rival_log_noises,
    rival_surfaces,
)
from bayesian_verifier.simulators.lottery._rivals import Rival, rival_advantages
from bayesian_verifier.simulators.lottery._runs import run_maxima, run_sums
from bayesian_verifier.simulators.lottery._sheet import (
    MOST_CASES,
    MOST_NUMBERS,
    MOST_OPTIONS,
    ROWS,
    SHEET,
    sheet_of,
)
from bayesian_verifier.simulators.lottery._spread import KNOTS, STRETCH, spread, unwarped, warped
from bayesian_verifier.simulators.lottery._stub import LotterySimulator, respond
from bayesian_verifier.simulators.lottery._sums import REWARD_TERMS
from bayesian_verifier.simulators.lottery._written import Written, written

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery._traced_cases import Lot, Options, lead_of, lot_of, options_of
    from bayesian_verifier.simulators.lottery._traced_values import values_of

#: rewards are on the scale of the advantage; a record refuses what lies beyond
MAX_REWARD = 3.0

__all__ = [
    "ANSWERS",
    "KNOTS",
    "LAPSE",
    "MAX_REWARD",
    "MOST_CASES",
    "MOST_NUMBERS",
    "MOST_OPTIONS",
    "REWARD_SD",
    "REWARD_TERMS",
    "RIVALS",
    "ROWS",
    "SHEET",
    "STRETCH",
    "Answered",
    "CaseMixture",
    "DenseCases",
    "Lot",
    "LotteryEvidence",
    "LotterySimulator",
    "Options",
    "PackedCases",
    "Person",
    "Rival",
    "RivalCurves",
    "RivalSurfaces",
    "Written",
    "advantage_curves",
    "advantages",
    "evidence_of",
    "generate_cases",
    "lead_of",
    "log_chance",
    "lot_of",
    "options_of",
    "pack_dense",
    "pack_judgments",
    "read_mixture",
    "records",
    "reference_points",
    "respond",
    "rival_advantages",
    "rival_curves",
    "rival_log_noises",
    "rival_risk_aversions",
    "rival_surfaces",
    "run_maxima",
    "run_sums",
    "sheet_of",
    "simulate_person",
    "spread",
    "stencils",
    "unwarped",
    "utilities",
    "utility_curves",
    "values_of",
    "warped",
    "written",
]

# what simulators of lotteries are compiled from: these bring JAX
__getattr__ = deferred(
    __name__,
    {
        "_traced_cases": ("Lot", "Options", "lead_of", "lot_of", "options_of"),
        "_traced_values": ("values_of",),
    },
)
