"""Is every promise tested, and has every one been broken on purpose?"""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from documentation import ROOT, page, table_under

PROMISES = page("docs/promises.md")
NAMES = [f"P{number}" for number in range(1, 13)]
MUTATIONS = tomllib.loads((ROOT / "tests" / "chaos" / "mutations.toml").read_text())["mutation"]


def nodes_of(promise: str) -> list[str]:
    """The node ids that a promise's section names."""
    section = re.search(rf"^## {promise} .*?(?=^## )", PROMISES, re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(r"`(tests/[^`]+)`", section[0])


def exists(node: str) -> bool:
    """Whether a file has a test of this name; parameters in brackets are not looked at."""
    name, _, function = node.partition("::")
    path = ROOT / name
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text())
    return function.partition("[")[0] in {
        part.name for part in tree.body if isinstance(part, ast.FunctionDef)
    }


@pytest.mark.parametrize("promise", NAMES)
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    """At least one each."""
    named = nodes_of(promise)
    assert named
    assert [node for node in named if not exists(node)] == []


@pytest.mark.parametrize("promise", NAMES)
def test_every_promise_has_been_broken_on_purpose(promise: str) -> None:
    """And whatever went red for it is one of the promise's tests."""
    tests = [test for row in MUTATIONS if row["promise"] == promise for test in row["tests"]]
    assert tests
    assert set(tests) <= set(nodes_of(promise))


@pytest.mark.parametrize("row", MUTATIONS, ids=[f"{row['promise']}-{row['what']}" for row in MUTATIONS])
def test_what_is_to_be_changed_is_there_once(row: dict[str, str]) -> None:
    """The code has moved on where it is not."""
    assert (ROOT / row["file"]).read_text().count(row["old"]) == 1


def test_the_page_tells_every_change() -> None:
    """In the order of the file that `make mutants` reads."""
    told = table_under(PROMISES, "## Broken on purpose")
    done = [
        [row["promise"], row["what"], row["file"].removeprefix("src/bayesian_verifier/")] for row in MUTATIONS
    ]
    assert told == done
