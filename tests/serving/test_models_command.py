"""`bayesian-verifier models`: what is in a store, and which version answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.cli import run
from bayesian_verifier.journal import Numbered, read_log
from bayesian_verifier.serving._loading import verified_model
from serving.closed_form import publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Models = Callable[..., tuple[int, str, str]]


@pytest.fixture
def models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Models:
    """Run `models` on a store of three versions: exit code, stdout and stderr."""
    publish(tmp_path, "v1", "v2", "v3")

    def call(*arguments: str) -> tuple[int, str, str]:
        places = ["--model-store", str(tmp_path), "--ledger", str(tmp_path / "ledger.jsonl")]
        code = run(["models", *places, "--name", "closed-form", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def roles(models: Models) -> dict[str, str | None]:
    """Version → role, as programs read it."""
    return {row["version"]: row["role"] for row in json.loads(models("list", "--json")[1])}


def test_list_names_every_version_and_its_role(models: Models) -> None:
    """For programs and for people."""
    assert roles(models) == {"v1": None, "v2": "previous", "v3": "current"}
    code, shown, _ = models("list")
    assert code == 0
    assert all(version in shown for version in ("v1", "v2", "v3", "current"))


def test_promote_and_rollback_change_which_version_answers(models: Models) -> None:
    """There and back again."""
    assert models("promote", "v1")[0] == 0
    assert roles(models) == {"v1": "current", "v2": None, "v3": "previous"}
    code, said, _ = models("rollback")
    assert code == 0
    assert said.startswith("closed-form: v3 is current\n")
    assert roles(models) == {"v1": "previous", "v2": None, "v3": "current"}


def test_show_prints_the_manifest_of_a_verified_model(models: Models) -> None:
    """Of the current version, or of the one that is named."""
    assert json.loads(models("show")[1])["version"] == "v3"
    assert json.loads(models("show", "v1")[1])["version"] == "v1"


def test_show_refuses_a_damaged_model(models: Models, tmp_path: Path) -> None:
    """Exit code 3, and the file."""
    (tmp_path / "closed-form" / "v3" / "posterior.jaxexport").write_bytes(b"")
    code, shown, said = models("show")
    assert (code, shown) == (3, "")
    assert "posterior.jaxexport" in said


@pytest.mark.parametrize("arguments", [("promote", "v9"), ("show", "../../etc"), ("show", "v9")])
def test_a_version_that_is_not_there_is_refused(models: Models, arguments: tuple[str, ...]) -> None:
    """With one line, and nothing changed."""
    code, _, said = models(*arguments)
    assert code in (2, 3)
    assert len(said.splitlines()) == 1
    assert roles(models)["v3"] == "current"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "nope"), "closed-form: no version 'nope' (known: v1, v2, v3)"),
        (("--name", "nobody", "show", "v1"), "nobody: no version 'v1' (known: none)"),
        (("--name", "nobody", "show"), "no model of the name 'nobody' (BV_MODEL_NAME may be closed-form)"),
    ],
)
def test_what_cannot_be_shown_is_said_beside_what_can(
    models: Models, arguments: tuple[str, ...], told: str
) -> None:
    """Nothing is damaged where a version is not there, so there is nothing to roll back."""
    code, shown, said = models(*arguments)
    assert (code, shown) == (2, "")
    assert told in said
    assert "rollback" not in said


def test_an_empty_store_has_nothing_to_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list for programs, one line for people who want to see or roll back."""
    empty = ["models", "--model-store", str(tmp_path / "none"), "--name", "closed-form"]
    assert run([*empty, "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    for command in ("show", "rollback"):
        assert run([*empty, command]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_where_there_is_nothing_to_go_back_to_other_ways_are_named(models: Models, tmp_path: Path) -> None:
    """As in a store made by copying the shipped model: what else is there, and that the shipped one needs no store."""
    (tmp_path / "closed-form" / "previous").unlink()
    code, _, said = models("rollback")
    assert code == 2
    assert "v1, v2, v3" in said
    assert "BV_MODEL_STORE" in said


def test_a_model_of_another_name_is_adopted_bytes_and_version_as_they_are(
    models: Models, tmp_path: Path
) -> None:
    """Nothing is served otherwise until it is promoted, and a rollback is the way back."""
    other = publish(tmp_path / "other", "w1", "w2")
    code, said, _ = models("adopt", "closed-form", "w1", "--from", str(other.root))
    assert code == 0
    assert said.startswith("closed-form: w1 is here, and not current")
    assert roles(models) == {"v1": None, "v2": "previous", "v3": "current", "w1": None}
    for file in (other.path("closed-form", "w1")).iterdir():
        if file.name != "manifest.json":
            assert (tmp_path / "closed-form" / "w1" / file.name).read_bytes() == file.read_bytes()
    assert models("promote", "w1", "--by", "ada")[0] == 0
    assert models("rollback", "--by", "ben")[0] == 0
    assert roles(models)["v3"] == "current"
    told = [entry.event for entry in read_log(tmp_path / "ledger.jsonl") if isinstance(entry, Numbered)]
    assert [(one.kind, one.model_dump()["by"]) for one in told] == [("promotion", "ada"), ("rollback", "ben")]


def test_what_is_adopted_is_a_version_of_its_new_name(models: Models, tmp_path: Path) -> None:
    """A service of that name would load it."""
    code, _, _ = models("--name", "executor", "adopt", "closed-form", "v2")
    assert code == 0
    assert models("--name", "executor", "promote", "v2")[0] == 0
    assert verified_model(tmp_path, "executor").manifest.name == "executor"


def test_a_damaged_model_is_not_adopted(models: Models, tmp_path: Path) -> None:
    """Nor one that is here already, nor one that nobody knows; nothing is left behind."""
    other = publish(tmp_path / "other", "w1")
    (other.path("closed-form", "w1") / "posterior.jaxexport").write_bytes(b"no")
    code, _, why = models("adopt", "closed-form", "w1", "--from", str(other.root))
    assert (code, "sha256" in why) == (3, True)
    assert models("adopt", "closed-form", "v1")[0] == 3
    assert models("adopt", "nobody", "v1")[0] == 2
    assert sorted(path.name for path in (tmp_path / "closed-form").iterdir() if path.is_dir()) == [
        "v1",
        "v2",
        "v3",
    ]
