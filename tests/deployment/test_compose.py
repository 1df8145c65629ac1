"""Are the files that start containers hardened, and do the pages of Grafana ask for metrics that there are?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from bayesian_verifier.cli import root
from bayesian_verifier.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
OURS = ("pod", "verifier", "app", "demo", "dashboard", "trainer")


def services(name: str = "docker-compose.yml") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(ROOT / name)["services"]
    return found


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_is_hardened(name: str) -> None:
    """Read-only, without capabilities or new privileges, with a limit of processes."""
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges"]
    assert service["pids_limit"] <= 256
    assert {"privileged", "user"}.isdisjoint(service)


def test_all_share_the_network_of_the_pod_which_reaches_nowhere() -> None:
    """Nothing is published; who comes back finds the others."""
    found = services()
    assert found["pod"]["network_mode"] == "${NETWORK:-none}"
    assert {service["network_mode"] for name, service in found.items() if name != "pod"} == {"service:pod"}
    assert not any("ports" in service for service in found.values())


def test_what_asks_the_side_car_waits_for_its_health() -> None:
    """And only the side-car and its pod start without."""
    found = services()
    waiting = {
        name for name in OURS if isinstance(found[name].get("depends_on"), dict)
        and found[name]["depends_on"]["verifier"] == {"condition": "service_healthy"}
    }  # fmt: skip
    assert waiting == {"app", "demo", "dashboard", "trainer"}


def test_only_those_who_write_may() -> None:
    """The side-car and the dashboard read models, the trainer writes them."""
    found = services()
    assert "models:/srv/models:ro" in found["verifier"]["volumes"]
    assert "models:/srv/models:ro" in found["dashboard"]["volumes"]
    assert "models:/srv/models" in found["trainer"]["volumes"]


def test_the_trainer_looks_for_change_before_it_asks_whether_to_train() -> None:
    """With commands and options that there are: without alarms there is seldom a reason."""
    [script] = services()["trainer"]["command"]
    lines = [line.split() for line in script.split(";") if "bayesian-verifier" in line]
    called = [words[words.index("bayesian-verifier") + 1 :] for words in lines]
    assert [words[0] for words in called] == ["drift", "retrain"]
    for words in called:
        found = CliRunner().invoke(root, [*words, "--help"])
        assert found.exit_code == 0, found.output
        assert all(word in found.output for word in words if word in {"--once", "--ledger", "--work"})


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.uds.yml"])
def test_settings_and_files_that_are_named_exist(name: str) -> None:
    """Environment variables of ours, and what is mounted from this folder."""
    text = (ROOT / name).read_text()
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert set(re.findall(r"\bBV_[A-Z_]+", text)) <= known
    for mounted in re.findall(r"- (\./[^:]+):", text):
        assert (ROOT / mounted).exists(), mounted
