"""Policies that read (s, θ*, σ): environments, arms, learning, and the experiment that compares them."""

from bayesian_verifier.rl._arms import ARMS, Arm, Told, arm_named
from bayesian_verifier.rl._belief import Belief, ExactBelief, Read, ServedBelief, Weighed
from bayesian_verifier.rl._beliefs import Beliefs
from bayesian_verifier.rl._cases import Prior
from bayesian_verifier.rl._environment import ACTIONS, ASK, Rules, State, reset, step
from bayesian_verifier.rl._evaluation import Score, evaluate
from bayesian_verifier.rl._gymnasium import JudgmentEnvironment
from bayesian_verifier.rl._memory import Policy, Remembering, blank
from bayesian_verifier.rl._policy import PolicyNet, Said
from bayesian_verifier.rl._ppo import Learned, Training, train
from bayesian_verifier.rl._report import Report, report_of
from bayesian_verifier.rl._results import Results, registered
from bayesian_verifier.rl._rollout import greedy, sampling
from bayesian_verifier.rl._rules import RULES, Rule
from bayesian_verifier.rl._running import Piece, begin, carry_out, pieces
from bayesian_verifier.rl._seen import Seen, seen
from bayesian_verifier.rl._settings import Experiment
from bayesian_verifier.rl._weights import write_policy
from bayesian_verifier.rl._work import Offer, Work, draw_offer, work_of
from bayesian_verifier.rl._work_belief import ExecutorBelief
from bayesian_verifier.rl._work_episode import (
    Carried,
    WorkRules,
    WorkState,
    begin_work,
    carry_out_plan,
    seen_of_work,
)
from bayesian_verifier.rl._work_gymnasium import ExecutorEnvironment

__all__ = [
    "ACTIONS",
    "ARMS",
    "ASK",
    "RULES",
    "Arm",
    "Belief",
    "Beliefs",
    "Carried",
    "ExactBelief",
    "ExecutorBelief",
    "ExecutorEnvironment",
    "Experiment",
    "JudgmentEnvironment",
    "Learned",
    "Offer",
    "Piece",
    "Policy",
    "PolicyNet",
    "Prior",
    "Read",
    "Remembering",
    "Report",
    "Results",
    "Rule",
    "Rules",
    "Said",
    "Score",
    "Seen",
    "ServedBelief",
    "State",
    "Told",
    "Training",
    "Weighed",
    "Work",
    "WorkRules",
    "WorkState",
    "arm_named",
    "begin",
    "begin_work",
    "blank",
    "carry_out",
    "carry_out_plan",
    "draw_offer",
    "evaluate",
    "greedy",
    "pieces",
    "registered",
    "report_of",
    "reset",
    "sampling",
    "seen",
    "seen_of_work",
    "step",
    "train",
    "work_of",
    "write_policy",
]
