"""What did an experiment find? A page in Markdown from the raw tables, and whether everything is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.rl._markdown import part, table
from bayesian_verifier.rl._report_learning import arms, learning, pairs
from bayesian_verifier.rl._report_people import by_attitude, risk_taken
from bayesian_verifier.rl._report_reasons import reasons
from bayesian_verifier.rl._results import results_of
from bayesian_verifier.rl._verdicts import judge

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.rl._results import Results
    from bayesian_verifier.rl._verdicts import Judged


class Report(NamedTuple):
    """The page, what is missing, what became of each hypothesis, and what all that is from."""

    page: str
    missing: list[str]
    judged: list[Judged]
    results: Results


def report_of(folder: Path) -> Report:
    """The report on a folder of results. Raises SettingsError where it holds none."""
    results = results_of(folder)
    judged = [judge(one, results) for one in results.experiment.hypotheses]
    sections = [
        _head(results),
        _hypotheses(judged),
        _not_found(judged),
        arms(results),
        pairs(results),
        learning(results),
        by_attitude(results),
        risk_taken(results),
        reasons(results),
        _forms(results),
    ]
    return Report("\n".join(section for section in sections if section), results.missing, judged, results)


def _head(results: Results) -> str:
    experiment, training = results.experiment, results.experiment.of_learning
    lines = [
        f"# Experiment {experiment.name}",
        (
            f"Environment {experiment.environment}, {experiment.belief} posterior; {training.step_count:,} steps of "
            f"experience an arm and seed; {experiment.evaluation.people:,} people whom nobody learned on. Registered "
            f"as `{experiment.hash}` before the run."
        ),
    ]
    if results.missing:
        lacking = ", ".join(results.missing[:5])
        more = f" and {len(results.missing) - 5} more" if len(results.missing) > 5 else ""  # noqa: PLR2004
        lines.append(f"**Not complete**: missing are {lacking}{more}.")
    return "\n\n".join(lines) + "\n"


def _hypotheses(judged: list[Judged]) -> str:
    rows = [[one.id, one.asked, f"**{one.finding}**", one.figures] for one in judged]
    return part("Hypotheses", table(["", "asked", "found", "figure, 95% interval"], rows))


def _not_found(judged: list[Judged]) -> str:
    """What was not found, as plainly as what was."""
    against = [f"- {one.asked}: {one.figures}." for one in judged if one.finding == "not supported"]
    undecided = [f"- {one.asked}: {one.figures}." for one in judged if one.finding == "open"]
    paragraphs = []
    if against:
        paragraphs += ["The results speak against:", "\n".join(against)]
    if undecided:
        paragraphs += ["The results leave open:", "\n".join(undecided)]
    return part("What was not found", *(paragraphs or ["Nothing that was asked."]))


def _forms(results: Results) -> str:
    """Rules whose settings were chosen on people of their own."""
    rows = []
    for name in results.experiment.rules:
        for forms in results.of_arm("forms", name).values():
            best = forms["reward"].argmax()
            settings = ", ".join(
                f"{column} {forms[column][best]:g}"
                for column in ("ask_above", "teaching", "energy_price")
                if forms[column][best] == forms[column][best]
            )
            rows.append([name, str(len(forms["reward"])), settings, f"{forms['reward'][best]:.4f}"])
    if not rows:
        return ""
    return part(
        "Rules whose settings were chosen",
        "On as many other people than those all are scored on.",
        table(["rule", "forms tried", "the best", "its reward there"], rows),
    )
