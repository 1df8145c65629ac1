"""What is in an environment, and in the system under it? A software bill of materials in CycloneDX 1.6, on stdout.

    python scripts/sbom.py --environment .venv --system / > sbom.cdx.json

Standard library only. The same environment gives the same bytes: times come from SOURCE_DATE_EPOCH or are left out, and
the serial number is made from the components. Markers of dependencies are read for this platform.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT_NAME = "bayesian-verifier"
_NAMESPACE = uuid.UUID("6f1b4ed6-6c3a-5b5e-9d5e-0b7f8e1c2a11")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def normalised(name: str) -> str:
    """The name as an index writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_purl(name: str, version: str) -> str:
    """The package URL of a Python distribution."""
    return f"pkg:pypi/{normalised(name)}@{quote(version)}"


def licences(found: Distribution) -> list[dict[str, Any]]:
    """What its metadata says of its licence: an SPDX expression, or whatever text there is."""
    if expression := found.metadata.get("License-Expression"):
        return [{"expression": expression}]
    told = [
        text.rpartition(" :: ")[2]
        for text in found.metadata.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    text = (found.metadata.get("License") or "").strip()
    if not told and text:
        told = [text.splitlines()[0][:100]]
    return [{"license": {"name": name}} for name in sorted(set(told))]


def python_component(found: Distribution) -> dict[str, Any]:
    """One distribution."""
    name, version = found.metadata["Name"], found.version
    component: dict[str, Any] = {
        "type": "application" if normalised(name) == ROOT_NAME else "library",
        "bom-ref": python_purl(name, version),
        "name": normalised(name),
        "version": version,
        "purl": python_purl(name, version),
    }
    if told := licences(found):
        component["licenses"] = told
    return component


def debian_components(system: Path) -> list[dict[str, Any]]:
    """The packages that dpkg has installed under a root; none where there is no dpkg."""
    status = system / "var" / "lib" / "dpkg" / "status"
    if not status.is_file():
        return []
    found = []
    for paragraph in status.read_text(encoding="utf-8", errors="replace").split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Za-z-]+: ", line)
        )
        if fields.get("Status", "").endswith(" installed"):
            purl = (
                f"pkg:deb/debian/{fields['Package']}@{quote(fields['Version'])}?arch={fields['Architecture']}"
            )
            found.append(
                {
                    "type": "library",
                    "bom-ref": purl,
                    "name": fields["Package"],
                    "version": fields["Version"],
                    "purl": purl,
                }
            )
    return found


def python_itself() -> dict[str, Any]:
    """The interpreter that runs this."""
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return {"type": "platform", "bom-ref": purl, "name": "python", "version": version, "purl": purl}


def dependencies(found: list[Distribution]) -> list[dict[str, Any]]:
    """Who asks for whom, among what is there."""
    there = {
        normalised(one.metadata["Name"]): python_purl(one.metadata["Name"], one.version) for one in found
    }
    graph = []
    for one in found:
        asked = {normalised(match[0]) for text in one.requires or [] if (match := _NAME.match(text))}
        ref = python_purl(one.metadata["Name"], one.version)
        graph.append(
            {"ref": ref, "dependsOn": sorted({there[name] for name in asked & there.keys()} - {ref})}
        )
    return sorted(graph, key=lambda node: str(node["ref"]))


def bill(environment: Path, system: Path | None, epoch: str | None) -> dict[str, Any]:
    """The whole document. epoch: seconds since 1970 to state as its time, or None for none."""
    found = sorted(
        distributions(path=[str(path) for path in environment.glob("lib/python3.*/site-packages")]),
        key=lambda one: normalised(one.metadata["Name"]),
    )
    components = [python_component(one) for one in found]
    [root] = [one for one in components if one["name"] == ROOT_NAME]
    components.remove(root)
    components.append(python_itself())
    components += debian_components(system) if system else []
    serial = uuid.uuid5(_NAMESPACE, json.dumps([root, *components], sort_keys=True))
    metadata: dict[str, Any] = {"component": root}
    if epoch:
        metadata = {"timestamp": datetime.fromtimestamp(int(epoch), UTC).isoformat(), **metadata}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies(found),
    }


def main() -> None:
    """Print the bill of an environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--environment", type=Path, default=Path(sys.prefix), help="a virtual environment")
    parser.add_argument("--system", type=Path, help="root of the system whose Debian packages are listed too")
    chosen = parser.parse_args()
    json.dump(
        bill(chosen.environment, chosen.system, os.environ.get("SOURCE_DATE_EPOCH")), sys.stdout, indent=1
    )
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
