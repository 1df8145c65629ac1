"""The command line: every command explains itself, and ends with an exit code that means something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from bayesian_verifier.cli import COMMANDS, root, run
from bayesian_verifier.commands._judgment_file import judgments_in
from bayesian_verifier.commands._picture import picture
from bayesian_verifier.errors import CallerError
from bayesian_verifier.serving import listen_tcp

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "import sys; from bayesian_verifier.cli import run; code = run(sys.argv[1:])"


def bayesian_verifier(
    *arguments: str, before: str = "", after: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own with an empty list on stdin and only these BV_ variables.

    before, after: Python to run around it.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{RUN}\n{after}\nsys.exit(code)", *arguments],
        input="[]",
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that runs something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in command.list_commands(click.Context(command)):
        found = command.get_command(click.Context(command), name)
        assert found is not None
        yield from commands(found, (*path, name))


ALL = dict(commands(root))


def test_help_names_every_command() -> None:
    """With a word on what it does."""
    said = bayesian_verifier("--help")
    assert said.returncode == 0
    for name in COMMANDS:
        line = next(line for line in said.stdout.splitlines() if line.split()[:1] == [name])
        assert len(line.split()) > 2


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_shows_an_example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """One that calls it by its name."""
    assert run([*path, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Example: bayesian-verifier {path[0]}" in said


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (["serv"], "No such command 'serv'. Did you mean 'serve'?"),
        (["journal", "shwo"], "No such command 'shwo'. Did you mean 'show'?"),
        (["xyzzy"], "No such command 'xyzzy'."),
    ],
)
def test_a_slip_in_a_commands_name_is_told_what_was_meant(
    slip: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where something is near enough."""
    assert run(slip) == 2
    assert capsys.readouterr().err.rstrip().endswith(f"Error: {said}")


def test_help_waits_for_nothing_heavy() -> None:
    """No JAX, no web framework, no prover, no NumPy."""
    heavy = ("jax", "keras", "bayesflow", "fastapi", "uvicorn", "z3", "numpy", "pydantic")
    said = bayesian_verifier(
        "--help", after=f"print(*(name for name in {heavy} if name in sys.modules), sep=',')"
    )
    assert said.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], 2),
        (["serve", "--nothing"], 2),
        (["ask"], 2),
        (["ask", "/no/such/file"], 2),
        (["ask", "-", "--url", "ftp://127.0.0.1"], 2),
        (["ask", "-", "--url", "http://127.0.0.1:9"], 4),
    ],
)
def test_exit_code_says_who_can_act(arguments: list[str], code: int) -> None:
    """2 the caller, 4 nobody just now; one line on stderr, nothing on stdout."""
    said = bayesian_verifier(*arguments)
    assert said.returncode == code, said.stderr
    assert said.stdout == ""
    assert said.stderr.splitlines()[-1].lower().startswith("error: ")
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"BV_PROT": "1"}, "BV_PROT is not a setting; did you mean BV_PORT?"),
        ({"BV_PORT": "x"}, "BV_PORT: expected a TCP port"),
        ({"BV_CONFIG": "/no/such.toml"}, "/no/such.toml"),
        ({"BV_HOST": "0.0.0.0"}, "BV_TOKEN_FILE"),  # noqa: S104 refused is the point
        ({"BV_TOKEN_FILE": "/no/such/token"}, "/no/such/token"),
    ],
)
def test_a_deployment_that_is_wrong_stops_the_start_with_one_line(environ: dict[str, str], said: str) -> None:
    """Exit code 3."""
    ended = bayesian_verifier("serve", **environ)
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert said in ended.stderr


def test_a_port_in_use_stops_the_start_with_one_line() -> None:
    """Exit code 3, and what to do."""
    with listen_tcp("127.0.0.1", 0) as held:
        port = str(held.getsockname()[1])
        ended = bayesian_verifier("serve", "--port", port)
    assert ended.returncode == 3
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"error: port {port} on 127.0.0.1 is in use: stop what uses it")


def test_a_missing_extra_is_named() -> None:
    """As on a machine with the base install only: no orjson, which comes with [serve]."""
    bare = bayesian_verifier("ask", "-", before="import sys; sys.modules['orjson'] = None")
    assert bare.returncode == 3
    assert "pip install 'bayesian-verifier[serve]'" in bare.stderr


ONE = {"options": [], "subject": "ada"}
TWO = {"options": [], "subject": "bob"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"judgments": [ONE, TWO]}),
        json.dumps([ONE, TWO]),
        f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n",
        f"\n{json.dumps(ONE)}\r\n\n{json.dumps(TWO)}",
        json.dumps([ONE, TWO], indent=4),
    ],
)
def test_judgments_are_found_in_each_form_of_file(content: str) -> None:
    """A request, a list, or one a line; of everybody or of one subject."""
    assert judgments_in(content.encode(), "file") == [ONE, TWO]
    assert judgments_in(content.encode(), "file", "bob") == [TWO]


def test_a_single_judgment_is_a_list_of_one() -> None:
    """On one line or on many."""
    for indent in (None, 1):
        assert judgments_in(json.dumps(ONE, indent=indent).encode(), "file") == [ONE]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file is empty"),
        (b"{", "file.*not JSON"),
        (b'{"options": []}\n\nnonsense\n', "line 3.*not JSON"),
        (b'{"options": [NaN]}', "file.*not JSON"),
        (b"\xff\xfe", "file is not UTF-8"),
        (b"[" * 100_000, "file.*not JSON"),
    ],
)
def test_a_file_without_judgments_is_the_callers_to_mend(content: bytes, said: str) -> None:
    """With the line, where there are lines."""
    with pytest.raises(CallerError, match=said):
        judgments_in(content, "file")


def test_an_unknown_subject_is_said() -> None:
    """Rather than answered with the prior."""
    with pytest.raises(CallerError, match="'eve'"):
        judgments_in(json.dumps([ONE]).encode(), "file", "eve")


def test_picture_stands_where_the_draws_are() -> None:
    """Bars over the two values, the median within the interval, an axis with round numbers around."""
    lines = picture([0.0] * 500 + [1.0] * 500, "r", width=41, height=4).splitlines()
    assert len(lines) == 4 + 3
    columns = [i for i, character in enumerate(lines[3]) if character != " "]
    assert (columns[0], columns[-1]) == (0, 40)
    assert lines[0][0] == lines[0][-1] == "█"
    assert lines[4].strip("─") == "├" + lines[4][1:-1] + "┤"
    assert "●" in lines[4]
    assert lines[5].endswith("  r")
    assert lines[6].split()[0] == "0"
    assert lines[6].split()[-1] == "1"


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, -7.3])
def test_picture_of_any_scale_has_its_full_width(scale: float, shift: float) -> None:
    """Every draw but the outermost lies within the axis."""
    draws = [shift + scale * i / 1000 for i in range(1001)]
    lines = picture(draws, "r").splitlines()
    assert lines[-2].startswith("┴")
    low, high = float(lines[-1].split()[0]), float(lines[-1].split()[-1])
    assert high >= low
    assert "█" in lines[0]


def test_picture_of_equal_draws_is_drawn() -> None:
    """No division by a width of zero."""
    assert "●" in picture([2.0] * 10, "r")
