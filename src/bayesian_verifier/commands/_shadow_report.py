"""What does `shadow report` print?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bayesian_verifier.retraining import Choices, OfParameter, OfPerson, OfSide, ShadowReport

NOBODY = (
    "no candidate was asked: give the Judgment Layer one, "
    "JudgmentLayer(..., candidate=VerifierClient(URL, timeout=0.5))"
)
SIDES = ("", "version", "answered", "usable", "trusted itself", "median ms", "why it was not used")
PARAMETERS = ("parameter", "questions", "shift", "rms", "beyond 1 sd", "width", "KL", "KL back")
PEOPLE = ("person", "questions", "shift", "rms", "same choice", "answers", "nats ahead")
LEGEND = (
    "shift, rms: the candidate's mean less the served one, in served sd; width: its sd over the served; KL: of the "
    "candidate from the served model, and back, nats; nats ahead: of an answer, as each foretold it"
)


def report_document(found: ShadowReport | None) -> dict[str, Any]:
    """As JSON has it; `calls` is 0 where no candidate was asked."""
    if found is None:
        return {"calls": 0, "verdict": "HOLD", "reasons": [NOBODY]}
    said = found._asdict()
    judged = said.pop("judged")
    return {
        **said,
        "verdict": judged.verdict,
        "reasons": list(judged.reasons),
        "versions": found.versions._asdict(),
        "served": found.served._asdict(),
        "candidate": found.candidate._asdict(),
        "usable": dict(zip(("served", "both"), found.usable, strict=True)),
        "parameters": {name: one._asdict() for name, one in found.parameters.items()},
        "choices": found.choices._asdict(),
        "people": [_person_document(one) for one in found.people],
    }


def _person_document(one: OfPerson) -> dict[str, Any]:
    risk = one.risk_aversion
    return {
        **one._asdict(),
        "risk_aversion": None if risk is None else risk._asdict(),
        "choices": one.choices._asdict(),
    }


def print_report(found: ShadowReport | None, most: int) -> None:
    """The verdict, its reasons, and tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    if found is None:
        console.print(NOBODY)
        return
    console.print(f"[bold]{found.judged.verdict}[/bold]")
    for one in found.judged.reasons:
        console.print(f"  {one}", highlight=False)
    for names, rows, right_from in (
        (SIDES, side_rows(found), 2),
        (PARAMETERS, parameter_rows(found.parameters), 1),
        (PEOPLE, person_rows(found, most), 1),
    ):
        table = Table()
        for number, name in enumerate(names):
            words = number < right_from or name == SIDES[-1]
            table.add_column(name, justify="left" if words else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in sentences(found):
        console.print(line, highlight=False)
    console.print(LEGEND, style="dim")


def side_rows(found: ShadowReport) -> Iterator[tuple[str, ...]]:
    """How each side fared."""
    yield _side("served", found.versions.served, found.served)
    yield _side("candidate", found.versions.candidate, found.candidate)


def _side(name: str, version: str | None, one: OfSide) -> tuple[str, ...]:
    return (
        name,
        version or "none",
        str(one.answered),
        str(one.usable),
        str(one.trustworthy),
        "" if one.median_ms is None else f"{one.median_ms:.1f}",
        ", ".join(f"{reason} {count}" for reason, count in one.reasons.items()),
    )


def parameter_rows(found: Mapping[str, OfParameter]) -> Iterator[tuple[str, ...]]:
    """How far the two are apart, by parameter."""
    for name, one in found.items():
        yield (
            name,
            str(one.questions),
            f"{one.shift:+.2f}",
            f"{one.shift_rms:.2f}",
            f"{one.far:.0%}",
            f"{one.width:.2f}",
            f"{one.kl_forward:.3f}",
            f"{one.kl_backward:.3f}",
        )


def person_rows(found: ShadowReport, most: int) -> Iterator[tuple[str, ...]]:
    """How far they are apart about each person."""
    for one in found.people[:most]:
        risk = one.risk_aversion
        yield (
            one.subject,
            str(one.questions),
            "" if risk is None else f"{risk.shift:+.2f}",
            "" if risk is None else f"{risk.shift_rms:.2f}",
            same(one.choices),
            str(one.answers),
            "" if one.mean_gain is None else f"{one.mean_gain:+.3f}",
        )


def same(of: Choices) -> str:
    """A share of choices, and of how many."""
    return f"{of.same} of {of.compared}" if of.compared else ""


def sentences(found: ShadowReport) -> Iterator[str]:
    """What is no table."""
    told = found.next_answers
    yield (
        f"{found.calls} calls from {found.since[:16]} to {found.until[:16]}; {found.dropped} more were left out as the "
        f"candidate was behind, {found.others} are of other versions"
    )
    yield f"the same choice: {same(found.choices) or 'nothing to compare'}"
    if told["log_loss"] is not None:
        lost = told["log_loss"]
        yield (
            f"next answers: {told['answers']} of {told['people']} people; log-loss {lost['served']:.4f} served, "
            f"{lost['candidate']:.4f} candidate ({told['mean_gain']:+.4f} nats each); evidence for the candidate "
            f"{told['evidence']:.3g}, against {told['against']:.3g}"
        )
