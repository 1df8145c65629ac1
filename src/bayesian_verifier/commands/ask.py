"""`bayesian-verifier ask`: one posterior, from a file of judgments."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from bayesian_verifier.settings import Settings

PICTURE_DRAWS, PICTURE_SEED = 4096, 0


@click.command(
    name="ask",
    epilog="Example: bayesian-verifier ask judgments.jsonl --subject ada",
    short_help="One posterior, from a file or stdin.",
)
@click.argument("file", type=click.File("rb"))
@click.option("--subject", help="Only this subject's judgments.")
@click.option("--url", help="Ask a running service instead of inferring in this process.")
@click.option("--json", "as_json", is_flag=True, help="Print the reply as the service gives it.")
def command(file: BinaryIO, subject: str | None, url: str | None, as_json: bool) -> None:
    """Posterior of one person given the judgments in FILE (- for stdin).

    FILE holds JSON, either {"judgments": […]} or a list of judgments, or one judgment a line.
    """
    from bayesian_verifier.commands._judgment_file import judgments_in
    from bayesian_verifier.commands._remote import ask_service
    from bayesian_verifier.settings import read_settings, read_token

    settings = read_settings(dict(os.environ))
    question: dict[str, Any] = {"judgments": judgments_in(file.read(), file.name, subject)}
    if not as_json:
        question |= {"draws": PICTURE_DRAWS, "seed": PICTURE_SEED}
    if url is None:
        reply = _infer(question, settings)
    else:
        token = read_token(settings)
        reply = ask_service(question, url, token)
    click.echo(json.dumps(reply, indent=1)) if as_json else _show(reply)


def _infer(question: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The service's reply, made in this process: same reader, same model, same answer."""
    import time

    from bayesian_verifier.serving import answer, load_engine, read_question, reply
    from bayesian_verifier.settings import compilation_cache, model_store

    asked = read_question(json.dumps(question).encode())
    engine = load_engine(
        model_store(settings),
        settings.model_name,
        points=settings.summary_points,
        cache=compilation_cache(settings, dict(os.environ)),
    )
    said = answer(asked, engine, clock=time.perf_counter, make_seed=lambda: PICTURE_SEED)
    document: dict[str, Any] = json.loads(reply(said, engine, request_id="ask", queue_seconds=0.0))
    return document


def _show(reply: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from bayesian_verifier.commands._picture import picture

    console = Console()
    table = Table("parameter", "mean", "sd", *next(iter(reply["posterior"].values()))["quantiles"])
    for name, marginal in reply["posterior"].items():
        numbers = [marginal["mean"], marginal["sd"], *marginal["quantiles"].values()]
        table.add_row(name, *(f"{number:.3f}" for number in numbers))
    console.print(table)
    console.print(_evidence(reply), highlight=False, soft_wrap=True)
    first = next(iter(reply["draws"]))
    console.print(picture(reply["draws"][first], first), highlight=False, soft_wrap=True)
    if not reply["checks"]["trustworthy"]:
        console.print(f"not to be trusted: {', '.join(reply['checks']['reasons'])}", style="bold red")


def _evidence(reply: Mapping[str, Any]) -> str:
    counts, model = reply["evidence"], reply["model"]
    return (
        f"{counts['judgments']} judgments, {counts['informative']} informative, {counts['refuted']} refuted; "
        f"model {model['name']} {model['version']}\n"
    )
