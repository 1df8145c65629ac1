"""Are reports and experiments that a Ray cluster made those of one process, though a worker is killed?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.ray_cluster import Cluster, cluster, here, killed_one

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("ray", reason="NO RAY: pip install 'bayesian-verifier[ray]'; nothing here was tried")
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
PEOPLE = str(ROOT / "examples" / "andersen2008_people.jsonl")


@pytest.fixture(scope="module")
def workers() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


def test_a_report_is_the_same_to_the_last_digit(workers: Cluster, tmp_path: Path) -> None:
    """All parts of it, in small: the exact reference, ranks, the power of the misfit check, real people."""
    settings = tmp_path / "evaluation.toml"
    settings.write_text(
        (ROOT / "configs" / "evaluation.toml").read_text().replace("pool = 60000", "pool = 1000")
    )
    asked = ["evaluate", "--settings", str(settings), "--sets", "12", "--calibration-sets", "65"]
    asked += ["--misfit-people", "2", "--people", PEOPLE, "--json"]
    there = workers.started(*asked)
    killed = killed_one(workers, there)
    said, wrong = there.communicate()
    assert killed is not None, wrong
    local = here(*asked)
    assert json.loads(said) == json.loads(local.stdout), wrong
    assert there.returncode == local.returncode


def test_an_experiment_s_tables_and_policies_are_the_same(workers: Cluster, tmp_path: Path) -> None:
    """Byte by byte for policies, value by value for tables, a worker killed on the way."""
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "tiny.toml"
    shipped = (ROOT / "configs" / "rl" / "small.toml").read_text()
    file.write_text(shipped.replace("updates = 40", "updates = 2").replace("people = 512", "people = 32"))
    folders = [tmp_path / "here", tmp_path / "there"]
    assert here("experiment", "run", str(file), "--into", str(folders[0])).returncode == 0
    there = workers.started("experiment", "run", str(file), "--into", str(folders[1]))
    assert killed_one(workers, there) is not None
    _, wrong = there.communicate()
    assert there.returncode == 0, wrong
    made = [sorted(one.relative_to(folder) for one in folder.rglob("*.*")) for folder in folders]
    assert made[0] == made[1]
    for name in made[0]:
        if name.suffix == ".parquet":
            first, second = (duckdb.sql(f"FROM '{folder / name}'").fetchall() for folder in folders)
            assert first == second, name
        else:
            assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
