"""Principals and their executors: how people take what real work brought. No likelihood exists."""

from bayesian_verifier.simulators.executor._cases import FORECAST, contest
from bayesian_verifier.simulators.executor._facts import POINTS
from bayesian_verifier.simulators.executor._gap import Gap, agree, gaps
from bayesian_verifier.simulators.executor._gymnasium import GymnasiumExecutor
from bayesian_verifier.simulators.executor._process import ProcessExecutor
from bayesian_verifier.simulators.executor._runner import PLANS, JobRunner, Plan
from bayesian_verifier.simulators.executor._runs import Run, read_runs, write_runs
from bayesian_verifier.simulators.executor._simulator import KNOTS, RECORDED, STRETCH, ExecutorSimulator
from bayesian_verifier.simulators.executor._situation import (
    Executor,
    Situation,
    job_situations,
    read_situations,
    recorded,
    write_situations,
)

__all__ = [
    "FORECAST",
    "KNOTS",
    "PLANS",
    "POINTS",
    "RECORDED",
    "STRETCH",
    "Executor",
    "ExecutorSimulator",
    "Gap",
    "GymnasiumExecutor",
    "JobRunner",
    "Plan",
    "ProcessExecutor",
    "Run",
    "Situation",
    "agree",
    "contest",
    "gaps",
    "job_situations",
    "read_runs",
    "read_situations",
    "recorded",
    "write_runs",
    "write_situations",
]
