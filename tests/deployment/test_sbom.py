"""Does the bill of materials hold everything that is installed, and nothing else?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "sbom.py"


def metadata(packages: Path, name: str, version: str, *lines: str) -> None:
    """An installed distribution, as far as its metadata goes."""
    folder = packages / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    folder.joinpath("METADATA").write_text(
        "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines]) + "\n"
    )


def bill(*arguments: str | Path, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, *arguments], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Our own distribution, what it asks for, and what that asks for."""
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    metadata(
        packages,
        "bayesian-verifier",
        "1.0.0",
        "License-Expression: Apache-2.0",
        "Requires-Dist: Numpy>=2.0",
        "Requires-Dist: absent; extra == 'x'",
    )
    metadata(packages, "numpy", "2.4.6", "License: BSD\n  and more", "Requires-Dist: typing_extensions")
    metadata(
        packages, "typing_extensions", "4.16.0+local", "Classifier: License :: OSI Approved :: PSF License"
    )
    return tmp_path


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in told["components"]}


def test_every_distribution_has_its_name_version_licence_and_url(environment: Path) -> None:
    """As the rules for package URLs have it; ours is what the bill is of."""
    told = json.loads(bill("--environment", environment))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told["serialNumber"])
    assert told["metadata"]["component"]["purl"] == "pkg:pypi/bayesian-verifier@1.0.0"
    assert told["metadata"]["component"]["licenses"] == [{"expression": "Apache-2.0"}]
    found = by_name(told)
    assert set(found) == {"numpy", "typing-extensions", "python"}
    assert found["typing-extensions"]["purl"] == "pkg:pypi/typing-extensions@4.16.0%2Blocal"
    assert found["numpy"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert found["typing-extensions"]["licenses"] == [{"license": {"name": "PSF License"}}]


def test_who_asks_for_whom_is_told_of_what_is_there(environment: Path) -> None:
    """What an extra would bring and has not is in no list."""
    graph = {
        node["ref"]: node["dependsOn"]
        for node in json.loads(bill("--environment", environment))["dependencies"]
    }
    assert graph == {
        "pkg:pypi/bayesian-verifier@1.0.0": ["pkg:pypi/numpy@2.4.6"],
        "pkg:pypi/numpy@2.4.6": ["pkg:pypi/typing-extensions@4.16.0%2Blocal"],
        "pkg:pypi/typing-extensions@4.16.0%2Blocal": [],
    }


def test_the_same_environment_gives_the_same_bytes(environment: Path) -> None:
    """A time is told only where it is asked for; another environment has another number."""
    plain = bill("--environment", environment)
    assert plain == bill("--environment", environment)
    assert "timestamp" not in plain
    dated = json.loads(bill("--environment", environment, SOURCE_DATE_EPOCH="1700000000"))
    assert dated["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    metadata(environment / "lib" / "python3.12" / "site-packages", "click", "8.5.1")
    assert json.loads(bill("--environment", environment))["serialNumber"] != json.loads(plain)["serialNumber"]


def test_packages_of_the_system_are_told_where_dpkg_has_them(environment: Path) -> None:
    """Those that are installed; one that was removed and left its settings is not."""
    status = environment / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    status.write_text(
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u1\n"
        "Description: C\n more of it\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n"
    )
    found = by_name(json.loads(bill("--environment", environment, "--system", environment)))
    assert "gone" not in found
    assert found["libc6"]["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64"


def test_what_is_installed_here_is_told() -> None:
    """By the environment that runs the tests, name for name."""
    told = json.loads(bill("--environment", sys.prefix))
    # and not by this process, to whose path Ray adds copies of its own
    here = distributions(path=[sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    names = {re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower() for found in here}
    assert names - {"bayesian-verifier"} <= set(by_name(told))
