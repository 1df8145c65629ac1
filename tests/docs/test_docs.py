"""Do the pages say what the code is? Whatever can be looked up is looked up."""

from __future__ import annotations

import re
import shlex
import time
import tomllib
from itertools import takewhile
from typing import TYPE_CHECKING, Any, get_args

import click
import pytest
from documentation import PAGES, ROOT, console_lines, name_of, page, prose, table_under
from fastapi.routing import APIRoute

from bayesian_verifier.cli import COMMANDS, root
from bayesian_verifier.judgment_layer import Reason
from bayesian_verifier.serving import _limits as limits
from bayesian_verifier.serving import create_app
from bayesian_verifier.serving._metrics import Metrics
from bayesian_verifier.serving._problems import TYPE_PREFIX, RefusalError
from bayesian_verifier.serving._service import Service
from bayesian_verifier.settings import CONFIG_VARIABLE, PREFIX, Settings, shipped_config

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.serving import Engine

OPERATIONS, HTTP, ARCHITECTURE = (
    page("docs/operations.md"),
    page("docs/http.md"),
    page("docs/architecture.md"),
)
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}


def no_engine() -> Engine:
    raise AssertionError("nothing is loaded to read a list of routes")


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """As the shipped file states it."""
    shipped = tomllib.loads(shipped_config().read_text())
    told = {row[0]: row[1] for row in table_under(OPERATIONS, "## Settings")}
    assert set(told) == VARIABLES
    for name, value in shipped.items():
        assert told[PREFIX + name.upper()] == ('""' if value == "" else str(value))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_names_a_variable_that_does_not_exist(path: Path) -> None:
    """Of the service, or of a script."""
    scripts = "".join(script.read_text() for script in (ROOT / "scripts").iterdir() if script.is_file())
    known = VARIABLES | set(re.findall(r"\bBV_[A-Z_]+[A-Z]\b", scripts))
    assert set(re.findall(r"\bBV_[A-Z_]+[A-Z]\b", path.read_text())) <= known


def test_every_route_has_its_heading() -> None:
    """And no heading is without its route."""
    app = create_app(no_engine)
    offered = {f"{verb} {path}" for path, verb in routes(app.routes)}
    assert set(re.findall(r"^### `([A-Z]+ /[^`]*)`$", HTTP, re.MULTILINE)) == offered


def routes(found: list[Any]) -> list[tuple[str, str]]:
    """(path, verb) of each route; some versions of FastAPI keep those of an included router apart."""
    listed = []
    for route in found:
        if isinstance(route, APIRoute):
            listed += [(route.path, verb) for verb in route.methods]
        elif hasattr(route, "original_router"):
            listed += routes(route.original_router.routes)
    return listed


def test_every_problem_is_in_the_table() -> None:
    """Under its name and status; three are no classes of their own."""
    raised = {(str(kind.status), kind.kind) for kind in RefusalError.__subclasses__()}
    raised |= {("422", "invalid-evidence"), ("500", "internal"), ("404, 405", "http")}
    assert {(row[0], row[1]) for row in table_under(HTTP, "## Problems")} == raised
    assert TYPE_PREFIX in HTTP


def test_every_limit_is_the_one_that_is_kept() -> None:
    """The numbers in words of the page."""
    told = dict(table_under(HTTP, "## Limits"))
    assert told == {
        "body": f"{limits.MAX_BODY_BYTES >> 20} MiB ({limits.MAX_BODY_BYTES:,} bytes)",
        "judgments in a request": f"{limits.MAX_JUDGMENTS}",
        "bodies in a list": f"{limits.MAX_BODIES}",
        "informative judgments in a stream, trusted": f"{limits.MAX_JUDGMENTS}",
        "draws": f"{limits.MAX_DRAWS:,}",
        "seed": f"2⁵³−1 ({limits.MAX_SEED:,})",
        "state": f"{limits.MAX_STATE_CHARACTERS:,} characters",
    }


def test_every_metric_is_in_the_table() -> None:
    """By the name under which it is scraped; that of the model is there once one is loaded."""
    service = Service(no_engine, queue_limit=1, clock=time.perf_counter, wall=time.time)
    suffixes = {"counter": "_total", "info": "_info"}
    kept = {
        family.name + suffixes.get(family.type, "")
        for family in Metrics(service).registry.collect()
        if not family.name.startswith("process_")
    }
    told = {name for row in table_under(OPERATIONS, "## Metrics") for name in row[0].split(", ")}
    assert told == kept | {"bayesian_verifier_model_info"}


def test_every_reason_of_the_fallback_is_explained() -> None:
    """All that an assessment may give."""
    told = re.findall(r"^   \| `(\w+)` \|", ARCHITECTURE, re.MULTILINE)
    assert set(told) == {"reason", *get_args(Reason)}


def test_the_layers_are_those_that_are_enforced() -> None:
    """In the order of the contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    told = [row[1].split(", ") for row in table_under(ARCHITECTURE, "### Who may import whom")]
    assert told == [layer.split(" | ") for layer in layers]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_and_their_options_exist(path: Path) -> None:
    """Each that a page calls."""
    for line in console_lines(path.read_text()):
        words = list(takewhile(lambda word: word not in ("|", ">", "#", "--"), split(line)))
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            del words[0]
        if words[:1] == ["bayesian-verifier"]:
            check_command(words[1:], line)


def split(line: str) -> list[str]:
    """A shell's words; of what is no whole command line, those that white space makes."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def check_command(words: list[str], line: str) -> None:
    """Every command and option among the words of a call of the program is one that there is."""
    command: click.Command = root
    options = {"--help"}
    for word in words:
        options |= {opt for parameter in command.params for opt in parameter.opts}
        if word.startswith("-") and word != "-":
            assert word in options, line
        elif isinstance(command, click.Group) and word not in ("COMMAND", "…"):
            found = command.get_command(click.Context(command), word)
            assert found is not None, line
            command = found


def test_every_command_is_in_the_list() -> None:
    """By its name."""
    told = " ".join(row[0] for row in table_under(page("docs/cli.md"), "# The command line"))
    assert set(COMMANDS) <= set(re.findall(r"\w+", told))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_make_targets_exist(path: Path) -> None:
    """Each that a page calls."""
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    called = {
        words[1]
        for line in console_lines(path.read_text())
        if (words := split(line))[:1] == ["make"] and words[1:]
    }
    assert {word for word in called if word.isalpha()} <= targets


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text())):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        aim = (path.parent / name).resolve() if name else path
        assert aim.exists(), target
        if anchor:
            assert anchor in headings(aim), target


def headings(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", prose(path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_page_is_found_from_the_readme() -> None:
    """In one step, or through the list of decisions."""
    readme = page("README.md")
    for path in (ROOT / "docs").rglob("*.md"):
        inside = path.parent if path.parent.name == "adr" else path
        assert f"]({name_of(inside)})" in readme, name_of(path)
