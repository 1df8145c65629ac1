"""Do the shipped alert rules and the dashboard ask for what there is? Against a real process and a real journal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from bayesian_verifier.journal import Journal
from journal.journal_samples import judge
from serving.test_process import cache, holt_laury, ready, started

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cache"]

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ALERTS, ALERTS_TEST = DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "prometheus" / "alerts_test.yml"
PROMTOOL = shutil.which("promtool")
#: what Prometheus and node_exporter add of themselves
ADDED = {"instance", "job", "le"}
OTHERS = {"node_textfile_mtime_seconds": {"file"}}


def yaml(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(file)
    return found


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml(ALERTS)["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    return json.loads((DEPLOY / "grafana" / "bayesian-verifier.json").read_text(encoding="utf-8"))


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: dict[str, Any]) -> Iterator[str]:
    """As Prometheus gets them: Grafana puts its variables in first."""
    yield from (rule["expr"] for rule in rules())
    asked = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    asked += [one["expr"] for one in dashboard["annotations"]["list"]]
    for expression in asked:
        yield re.sub(r"\$(instance|journal)\b", ".*", expression.replace("$__rate_interval", "1m"))


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    """Every series that an expression asks for, by Prometheus's own grammar."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def exported(text: str) -> dict[str, set[str]]:
    """Names of the samples on a page, with the names of their labels."""
    known: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            known.setdefault(one.name, set()).update(one.labels)
    return known


@pytest.fixture(scope="module")
def served(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What a service shows that has answered, refused and doubted, and what a journal shows with a ledger beside it."""
    with started(cache) as running:
        assert ready(running.client).status_code == 200
        long = running.client.post("/v1/posterior", json={"judgments": holt_laury(512)}).json()
        beyond = {"judgments": holt_laury(1), "state": long["state"]}
        assert not running.client.post("/v1/posterior", json=beyond).json()["checks"]["trustworthy"]
        assert running.client.post("/v1/posterior", json={"judgments": 1}).status_code == 422
        known = exported(running.client.get("/metrics").text)
    folder = tmp_path_factory.mktemp("journal")
    with Journal(folder / "judgments.jsonl") as journal, Journal(folder / "ledger.jsonl") as ledger:
        journal.append_feedback(judge(journal), "approve")
        ledger.append("alarm", {"window": "w"})
    program = "from bayesian_verifier.cli import main; main()"
    command = [sys.executable, "-c", program, "journal", "metrics"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return known | exported(said.stdout) | OTHERS


def test_every_expression_is_promql(dashboard: dict[str, Any]) -> None:
    """By the grammar and the types of Prometheus: one rule that does not parse makes it refuse them all."""
    asked = list(expressions(dashboard))
    assert len(asked) > 40
    for expression in asked:
        promql_parser.parse(expression)


def test_every_series_that_is_asked_for_is_exported(
    dashboard: dict[str, Any], served: dict[str, set[str]]
) -> None:
    """With the labels it is asked by; and of the service's own nearly all are shown."""
    shown: set[str] = set()
    for expression in expressions(dashboard):
        for selector in selectors(expression):
            assert selector.name in served, expression
            asked_by = {matcher.name for matcher in selector.matchers.matchers}
            assert asked_by <= served[selector.name] | ADDED, expression
            shown.add(selector.name)
    ours = {name for name in served if name.startswith("bayesian_verifier_")}
    left_out = {name for name in ours - shown if not name.endswith(("_sum", "_count", "_created"))}
    assert left_out == {
        "bayesian_verifier_build_info",
        "bayesian_verifier_compilations_total",
        "bayesian_verifier_journal_feedback_total",
        "bayesian_verifier_ledger_last_event_timestamp_seconds",
    }


def test_groups_are_made_by_labels_that_there_are(
    dashboard: dict[str, Any], served: dict[str, set[str]]
) -> None:
    """Also those that a legend names."""
    labels = set().union(*served.values()) | ADDED
    for expression in expressions(dashboard):
        for listed in re.findall(r"(?:by|on|group_left|group_right) ?\(([^)]*)\)", expression):
            assert set(re.findall(r"\w+", listed)) <= labels, expression
    for panel in panels(dashboard):
        for target in panel["targets"]:
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels


def test_alerts_have_what_prometheus_wants_of_a_rule() -> None:
    """And text that says of whom; none of them names a person."""
    known = rules()
    assert len({rule["alert"] for rule in known}) == len(known) > 5
    for rule in known:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("info", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_every_alert_is_seen_to_fire_in_a_rule_test() -> None:
    """And each that waits, or has a limit, is also seen not to."""
    asked = [one for case in yaml(ALERTS_TEST)["tests"] for one in case["alert_rule_test"]]
    assert {one["alertname"] for one in asked if one["exp_alerts"]} == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    """Rules, their tests and the settings of Prometheus, by its own tool."""
    done = subprocess.run(
        [PROMTOOL or "", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_follows_grafana_s_model(dashboard: dict[str, Any]) -> None:
    """Ids of its own for every panel, queries told apart, and no two panels in one place."""
    assert dashboard["schemaVersion"] >= 36
    assert dashboard["uid"] == "bayesian-verifier"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids) > 30
    for panel in panels(dashboard):
        assert panel["type"] in ("timeseries", "stat")
        assert panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= 24 and one["h"] > 0 for one in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above


def test_no_panel_hangs_on_a_data_source_or_a_variable_that_is_not_there(dashboard: dict[str, Any]) -> None:
    """All ask the one that is chosen on top; every variable that is used is defined, and the other way round."""
    variables = {one["name"]: one for one in dashboard["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus"

    def sources(node: object) -> Iterator[object]:
        if isinstance(node, dict):
            yield from (value for key, value in node.items() if key == "datasource")
            for value in node.values():
                yield from sources(value)
        elif isinstance(node, list):
            for value in node:
                yield from sources(value)

    chosen = {"type": "prometheus", "uid": "${datasource}"}
    found = list(sources(dashboard))
    assert len(found) > 60
    assert all(one == chosen for one in found)
    text = json.dumps(dashboard)
    used = set(re.findall(r"\$(?!__)\{?(\w+)", text))
    assert used == set(variables)


def test_variables_are_filled_from_series_that_there_are(
    dashboard: dict[str, Any], served: dict[str, set[str]]
) -> None:
    """By the label that tells instances apart."""
    queries = [v["definition"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    assert len(queries) == 2
    for query in queries:
        asked = re.fullmatch(r"label_values\((\w+), instance\)", query)
        assert asked is not None
        assert asked[1] in served


def test_grafana_is_provisioned_with_a_prometheus_and_a_folder_of_dashboards() -> None:
    """Both files in the form Grafana reads, version 1."""
    provisioning = DEPLOY / "grafana" / "provisioning"
    sources = yaml(provisioning / "datasources" / "prometheus.yml")
    boards = yaml(provisioning / "dashboards" / "bayesian-verifier.yml")
    assert (sources["apiVersion"], boards["apiVersion"]) == (1, 1)
    assert [one["type"] for one in sources["datasources"]] == ["prometheus"]
    assert {"name", "uid", "access", "url"} <= set(sources["datasources"][0])
    assert [(one["type"], bool(one["options"]["path"])) for one in boards["providers"]] == [("file", True)]
