"""`bayesian-verifier doctor`: would the service run here?"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.settings import Settings

PACKAGES = (
    "numpy", "pydantic", "z3-solver", "jax", "jaxlib", "flatbuffers", "fastapi", "orjson",
    "prometheus-client", "uvicorn", "httptools",
)  # fmt: skip
OLDEST, NEWEST = (3, 11), (3, 13)


class Finding(NamedTuple):
    """One thing looked at. detail: what was found, and what to do where it is not well."""

    check: str
    well: bool
    detail: str


@click.command(
    name="doctor",
    epilog="Example: bayesian-verifier doctor --json",
    short_help="Check that the service would run here.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check Python, packages, settings, model, port and cache; exit code 1 when something is wrong."""
    findings = list(examine(dict(os.environ)))
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        _show(findings)
    context.exit(0 if all(finding.well for finding in findings) else 1)


def examine(environ: dict[str, str]) -> Iterator[Finding]:
    """Look at everything the service needs, given the environment it would start in."""
    from bayesian_verifier.errors import SettingsError
    from bayesian_verifier.settings import read_settings

    yield _python()
    yield _packages()
    try:
        settings = read_settings(environ)
    except SettingsError as exc:
        yield Finding("settings", well=False, detail=str(exc))
        return
    yield Finding("settings", well=True, detail=f"listens on {settings.uds or settings.host}")
    yield _tried("token", lambda: _token(settings))
    yield _tried("model", lambda: _model(settings))
    yield _tried("port", lambda: _port(settings))
    yield _tried("cache", lambda: _cache(settings, environ))


def _python() -> Finding:
    version = sys.version_info[:3]
    well = OLDEST <= version[:2] <= NEWEST
    return Finding("python", well, ".".join(map(str, version)) + ("" if well else ": needs 3.11 to 3.13"))


def _packages() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        detail = f"missing {', '.join(missing)}: pip install 'bayesian-verifier[serve]'"
        return Finding("packages", well=False, detail=detail)
    return Finding("packages", well=True, detail=", ".join(found))


def _tried(check: str, look: Callable[[], str]) -> Finding:
    """A check that says what it found, or raises one of our errors."""
    from bayesian_verifier.errors import BayesianVerifierError

    try:
        return Finding(check, well=True, detail=look())
    except (BayesianVerifierError, ImportError) as exc:
        return Finding(check, well=False, detail=str(exc))


def _token(settings: Settings) -> str:
    from bayesian_verifier.settings import read_token

    if settings.token_file is None:
        return "none asked for"
    read_token(settings.token_file)
    return f"read from {settings.token_file}"


def _model(settings: Settings) -> str:
    from bayesian_verifier.serving import verified_model
    from bayesian_verifier.settings import model_store

    model = verified_model(model_store(settings), settings.model_name)
    return f"{model.manifest.name} {model.manifest.version}, verified"


def _port(settings: Settings) -> str:
    from bayesian_verifier.serving import listen_tcp

    if settings.uds is not None:
        return f"not used; Unix socket {settings.uds}"
    listen_tcp(settings.host, settings.port).close()
    return f"{settings.port} on {settings.host} is free"


def _cache(settings: Settings, environ: dict[str, str]) -> str:
    from bayesian_verifier.errors import SettingsError
    from bayesian_verifier.serving import why_not_writable
    from bayesian_verifier.settings import compilation_cache

    directory = compilation_cache(settings, environ)
    if directory is None:
        return "off: every start compiles anew"
    if reason := why_not_writable(directory):
        raise SettingsError(f"cannot write to {directory}: {reason}; set BV_COMPILATION_CACHE")
    return str(directory)


def _show(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "check", "found")
    for finding in findings:
        mark = "[green]ok[/]" if finding.well else "[bold red]bad[/]"
        table.add_row(mark, finding.check, finding.detail)
    Console().print(table)
