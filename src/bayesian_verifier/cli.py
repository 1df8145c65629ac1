"""Which command was asked for, and how does it end?

Commands are found by name and imported when asked for, so that `--help` stays quick. Exit codes: 0 all is
well, 1 the thing asked about is bad, 2 usage or input, 3 the deployment, 4 the service cannot be had now.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

import click

from bayesian_verifier.errors import BayesianVerifierError, BusyError, CallerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAM = "bayesian-verifier"
COMMANDS = {
    name: f"bayesian_verifier.commands.{name}:command"
    for name in (
        "serve",
        "ask",
        "simulate",
        "simulators",
        "train",
        "evaluate",
        "verify",
        "journal",
        "schema",
        "models",
        "drift",
        "retrain",
        "shadow",
        "lease",
        "dashboard",
        "experiment",
        "policy",
        "doctor",
    )
}
# Packages that only an extra brings, and that extra.
EXTRAS = {
    "bayesflow": "train",
    "duckdb": "scale",
    "equinox": "rl",
    "fastapi": "serve",
    "gymnasium": "rl",
    "jax": "serve",
    "keras": "train",
    "matplotlib": "train",
    "opentelemetry": "otel",
    "optax": "rl",
    "orjson": "serve",
    "prometheus_client": "serve",
    "ray": "ray",
    "starlette": "dashboard",
    "uvicorn": "serve",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    targets: command name → "module:attribute".
    """

    def __init__(self, *, targets: Mapping[str, str], help: str, epilog: str) -> None:  # noqa: A002 click's name
        super().__init__(name=PROGRAM, help=help, epilog=epilog, context_settings={"max_content_width": 100})
        self._targets = targets

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Names of all commands, in the order of the table."""
        return list(self._targets)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """One command, or None where there is none of that name."""
        if cmd_name not in self._targets:
            return None
        module, _, attribute = self._targets[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command asked for; click knows only loaded ones when it looks for what was meant."""
        asked = args[0]
        if asked not in self._targets and not asked.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(asked, self._targets, n=1)
            ctx.fail(f"No such command {asked!r}." + "".join(f" Did you mean {one!r}?" for one in near))
        return super().resolve_command(ctx, args)


root = click.version_option(package_name=PROGRAM, prog_name=PROGRAM)(
    LazyGroup(
        targets=COMMANDS,
        help="How much risk does this person want, and how sure are we?",
        epilog=f'For completion in bash: eval "$(_BAYESIAN_VERIFIER_COMPLETE=bash_source {PROGRAM})"',
    )
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line, by default the process's own; a line on stderr says what is wrong."""
    try:
        code = root.main(
            args=None if arguments is None else list(arguments), prog_name=PROGRAM, standalone_mode=False
        )
    except click.ClickException as exc:
        exc.show()
        return 2
    except click.Abort:
        return 130
    except BayesianVerifierError as exc:
        click.echo(f"error: {exc}", err=True)
        return _exit_code(exc)
    except ModuleNotFoundError as exc:
        extra = EXTRAS.get((exc.name or "").partition(".")[0])
        if extra is None:
            raise
        click.echo(f"error: {exc.name} is missing: pip install '{PROGRAM}[{extra}]'", err=True)
        return 3
    return code if isinstance(code, int) else 0


def _exit_code(error: BayesianVerifierError) -> int:
    if isinstance(error, CallerError):
        return 2
    return 4 if isinstance(error, BusyError) else 3
