"""`bayesian-verifier verify`: which proposals in a file obey the rules, and why do the others not?"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bayesian_verifier.errors import CallerError, InvalidEvidenceError

if TYPE_CHECKING:
    from typing import BinaryIO

    from bayesian_verifier.judgment import LeanAnswer, Proposal, Rules, Verification

_MARKS = {"proved": "[green]✓[/]", "refuted": "[red]✗[/]", "unknown": "[yellow]?[/]"}


class _Question(NamedTuple):
    """One option to verify: of which record, and where that stood in the file."""

    place: str
    proposal: Proposal
    option: int


class _Answer(NamedTuple):
    question: _Question
    verification: Verification
    lean: LeanAnswer | None


@click.command(
    name="verify",
    epilog="Example: bayesian-verifier verify judgments.jsonl --rules my-rules.toml",
    short_help="Verdicts on proposals, from a file or stdin.",
)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--rules", "rules_path", type=click.Path(path_type=Path), help="Rules instead of the built-in ones."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=0.25,
    show_default=True,
    help="Seconds for each proposal; what takes longer is unknown.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--lean",
    "lean_directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a Lean 4 certificate of the built-in rules for each, and check it if there is a lean.",
)
@click.pass_context
def command(
    context: click.Context,
    file: BinaryIO,
    rules_path: Path | None,
    timeout: float,
    as_json: bool,
    lean_directory: Path | None,
) -> None:
    """Verify the proposals in FILE (- for stdin) by Z3: judgments or cases, as JSON or one a line.

    A case may leave its wealth open, as [lo, hi]; where nothing is chosen, every option is verified.
    Exit code 1 if any is refuted.
    """
    from bayesian_verifier.judgment import Prover, Rules

    rules = Rules.builtin() if rules_path is None else Rules.load(rules_path)
    questions = _questions(file.read(), file.name)
    prover = Prover(rules, timeout=timeout)
    answers: list[_Answer] = []
    for question in _with_progress(questions):
        verification = prover.verify(question.proposal.case, question.option)
        lean = None if lean_directory is None else _certified(question, len(answers), lean_directory)
        answers.append(_Answer(question, verification, lean))
    _print_json(answers) if as_json else _print_table(answers, rules)
    context.exit(1 if any(answer.verification.verdict == "refuted" for answer in answers) else 0)


def _questions(content: bytes, name: str) -> list[_Question]:
    """Every option to verify. Raises CallerError naming the file, the line and what is wrong."""
    from bayesian_verifier.judgment import Proposal, parse_record, records_of

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CallerError(f"{name}, line {line}: not UTF-8") from error
    questions = []
    for place, raw in records_of(text, name):
        try:
            proposal = parse_record(Proposal, raw, place if place.startswith("/") else "")
        except InvalidEvidenceError as error:
            line_of = f", {place}" if place.startswith("line") else ""
            raise CallerError(f"{name}{line_of}: {error}") from error
        chosen = proposal.chosen
        options = range(len(proposal.options)) if chosen is None else [chosen]
        questions += [_Question(place, proposal, option) for option in options]
    return questions


def _with_progress(questions: list[_Question]) -> Any:  # noqa: ANN401 - rich's iterable, or the list
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(questions, "verifying", console=console, transient=True, disable=not console.is_terminal)


def _certified(question: _Question, number: int, directory: Path) -> LeanAnswer:
    """Write the certificate of one question, and what Lean says about it."""
    from bayesian_verifier.judgment import check_with_lean, lean_certificate

    text = lean_certificate(question.proposal.case, question.option)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"certificate-{number + 1}.lean").write_text(text, encoding="utf-8")
    except OSError as error:
        raise CallerError(f"cannot write certificates to {directory}: {error.strerror}") from error
    return check_with_lean(text)


def _print_json(answers: list[_Answer]) -> None:
    verified = [
        {"record": question.place, "id": question.proposal.id, "option": question.option}
        | asdict(verification)
        | ({} if lean is None else {"lean": lean})
        for question, verification, lean in answers
    ]
    click.echo(json.dumps({"verified": verified, "summary": _counts(answers)}, indent=1))


def _print_table(answers: list[_Answer], rules: Rules) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    with_lean = any(answer.lean is not None for answer in answers)
    names = [rule.name for rule in rules.rules]
    table = Table("record", "option", *names, "verdict", *(["lean"] if with_lean else []))
    reasons = []
    for question, verification, lean in answers:
        record = question.proposal.id or question.place or "the case"
        marks = [_MARKS[result.verdict] for result in verification.results]
        row = [record, str(question.option), *marks, verification.verdict, *([lean] if lean else [])]
        table.add_row(escape(row[0]), *row[1:])
        failed = [result for result in verification.results if result.verdict != "proved"]
        reasons += [
            f"{record if result.of_case else f'{record}, option {question.option}'}: "
            f"{result.rule} is {result.verdict}: {result.detail}"
            for result in failed
        ]
    console = Console()
    console.print(table)
    for reason in reasons:
        console.print(reason, markup=False, highlight=False, soft_wrap=True)
    console.print(", ".join(f"{count} {verdict}" for verdict, count in _counts(answers).items()))


def _counts(answers: list[_Answer]) -> dict[str, int]:
    counted = Counter(answer.verification.verdict for answer in answers)
    return {"proved": counted["proved"], "refuted": counted["refuted"], "unknown": counted["unknown"]}
