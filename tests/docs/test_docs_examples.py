"""Do the examples on the pages run, and print what the pages print?"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from documentation import PAGES, ROOT, blocks, name_of, page

from bayesian_verifier.settings import PACKAGE

README = page("README.md")
PROGRAM = str(Path(sys.executable).with_name("bayesian-verifier"))


def ran(*command: str, cwd: Path) -> str:
    """What a command prints, on a screen of 80 columns and without settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    said = subprocess.run(
        command,
        cwd=cwd,
        env=clean | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return said.stdout + said.stderr


def close(told: object, said: object) -> bool:
    """The same, numbers to two decimals."""
    if isinstance(told, dict) and isinstance(said, dict):
        return told.keys() == said.keys() and all(close(told[name], said[name]) for name in told)
    if isinstance(told, float) and isinstance(said, float):
        return abs(told - said) <= 0.01
    return told == said


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_json_and_toml_can_be_read(path: Path) -> None:
    """Whole, or line by line."""
    text = path.read_text()
    for block in blocks(text, "json"):
        try:
            json.loads(block)
        except ValueError:
            assert all(isinstance(json.loads(line), dict) for line in block.splitlines())
    for block in blocks(text, "toml"):
        assert tomllib.loads(block)


def test_the_lines_of_python_print_what_the_readme_says(tmp_path: Path) -> None:
    """With no service at all; and what they decide stands in a whole journal."""
    [script] = blocks(README, "python")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        unused = str(probe.getsockname()[1])
    # on a machine that stalls for 50 ms the reason is that there was no reply in time
    for attempt in map(str, range(10)):
        folder = tmp_path / attempt
        folder.mkdir()
        said = ran(sys.executable, "-c", script.replace("8080", unused), cwd=folder)
        if said in blocks(README, "text"):
            break
    assert said in blocks(README, "text")
    assert ": whole; 1 lines (1 judgment)" in ran(PROGRAM, "journal", "verify", cwd=folder)


def test_verdicts_are_those_on_the_page(tmp_path: Path) -> None:
    """The three cases give the table below them."""
    text = page("docs/cli.md")
    (tmp_path / "cases.jsonl").write_text(blocks(text, "json")[0])
    (tmp_path / "rules.toml").write_text(blocks(text, "toml")[0])
    [shown] = [block for block in blocks(text, "console") if " verify " in block]
    patience = ("--timeout", "20")  # as long as a busy machine makes it
    said = ran(PROGRAM, "verify", "cases.jsonl", *patience, cwd=tmp_path)
    assert shown == f"$ bayesian-verifier verify cases.jsonl\n{said}"
    with_own_rule = ran(PROGRAM, "verify", "cases.jsonl", "--rules", "rules.toml", *patience, cwd=tmp_path)
    assert "rainy-day is refuted: with wealth 50, 0.5 <= 0.05" in with_own_rule


def test_the_posterior_is_that_of_the_shipped_model() -> None:
    """The version on the pages is the current one, and its numbers are theirs to two decimals."""
    current = (PACKAGE / "shipped_models" / "bayesian-verifier" / "current").read_text().strip()
    for text in (README, page("docs/http.md")):
        assert set(re.findall(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-\w+", text)) == {current}
        [told] = [reply for block in blocks(text, "json") if "posterior" in (reply := json.loads(block))]
        said = json.loads(ran(PROGRAM, "ask", "examples/holt_laury_six_safe.json", "--json", cwd=ROOT))
        assert told["evidence"] == said["evidence"]
        assert close(told["checks"], said["checks"])
        for name, marginal in said["posterior"].items():
            assert told["posterior"][name] == {
                "mean": pytest.approx(marginal["mean"], abs=0.01),
                "sd": pytest.approx(marginal["sd"], abs=0.01),
                "quantiles": pytest.approx(marginal["quantiles"], abs=0.01),
            }


def test_the_broken_rules_are_those_on_the_page() -> None:
    """The body that curl sends there, read by the service's own reader."""
    from bayesian_verifier.errors import InvalidEvidenceError
    from bayesian_verifier.serving import read_question

    text = page("docs/http.md")
    [body] = re.findall(r"-d '(\{\"judgments\": \[\n.*?)'\n```", text, re.DOTALL)
    [told] = [problem for block in blocks(text, "json") if "errors" in (problem := json.loads(block))]
    with pytest.raises(InvalidEvidenceError) as refused:
        read_question(body.encode())
    assert told["errors"] == [violation._asdict() for violation in refused.value.violations]


def bodies_sent_to(route: str) -> list[bytes]:
    """The bodies that curl sends to a route on the page of the service."""
    sent = re.findall(
        rf"^\$ curl -s \S+{route} .*?-d '(.*?)'\n", page("docs/http.md"), re.MULTILINE | re.DOTALL
    )
    return [body.encode() for body in sent]


def test_the_list_of_bodies_is_read_as_the_page_says() -> None:
    """The first is a question, the second breaks a rule."""
    from bayesian_verifier.errors import InvalidEvidenceError
    from bayesian_verifier.serving import read_question
    from bayesian_verifier.serving._bulk import split_bodies

    [body] = bodies_sent_to("/v1/posteriors")
    good, bad = split_bodies(body)
    assert read_question(good).judgments == []
    with pytest.raises(InvalidEvidenceError, match="/draws"):
        read_question(bad)


def test_tensors_are_those_on_the_page() -> None:
    """What the shipped model says of itself, and the outputs that the example asks for."""
    from bayesian_verifier.serving import answer, read_question
    from bayesian_verifier.serving._open_inference_reply import inference_reply, model_metadata
    from bayesian_verifier.serving._open_inference_request import read_inference
    from model.shipped import shipped_engine

    text = page("docs/http.md")
    [told] = [said for block in blocks(text, "json") if "platform" in (said := json.loads(block))]
    engine = shipped_engine()
    assert told == json.loads(model_metadata(engine))
    [body] = bodies_sent_to("/v2/models/bayesian-verifier/infer")
    asked = read_inference(body)
    said = answer(read_question(asked.body), engine, clock=float, make_seed=int)
    reply = json.loads(inference_reply(said, engine, asked, request_id="1", queue_seconds=0.0))
    assert [output["name"] for output in reply["outputs"]] == ["mean", "draws"]
    assert (reply["id"], reply["parameters"]["seed"]) == ("42", 1)
    named = re.findall(r"`(\w+)`", "".join(row[1] for row in table_rows(text) if "of the reply" in row[0]))
    assert set(named) == {"state", *reply["parameters"]}


def table_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table of a page."""
    return [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
