"""What stands in deploy/kubernetes? Read without any tool: each overlay's resources, as they are before kustomize."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("side-car", "stand-alone", "one-node")

Resource = dict[str, Any]


def documents(path: Path) -> list[Resource]:
    """The documents of a file."""
    return list(YAML(typ="safe").load_all(path))


def kustomization(folder: Path) -> Resource:
    """The one of a folder."""
    [found] = documents(folder / "kustomization.yaml")
    return found


def files_of(folder: Path) -> Iterator[Path]:
    """Every file that a kustomization names, itself included, those of the folders below it first."""
    described = kustomization(folder)
    for name in [*described.get("resources", ()), *described.get("components", ())]:
        named = (folder / name).resolve()
        if named.is_dir():
            yield from files_of(named)
        else:
            yield named
    for made in described.get("configMapGenerator", ()):
        yield from (folder / name for name in made["files"])
    yield folder / "kustomization.yaml"


def resources(overlay: str) -> list[Resource]:
    """What an overlay puts into a cluster, ConfigMaps that are made of files included."""
    found: list[Resource] = []
    for path in files_of(HOME / overlay):
        if path.name == "kustomization.yaml":
            for made in kustomization(path.parent).get("configMapGenerator", ()):
                held = {name: (path.parent / name).read_text() for name in made["files"]}
                found.append({"kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": held})
        elif path.suffix == ".yaml":
            found += documents(path)
    return found


def template_of(resource: Resource) -> Resource | None:
    """The pod that a resource makes, if it makes one."""
    spec = resource.get("spec", {})
    if resource["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Resource | None = spec.get("template")
    return template


def pods(overlay: str) -> dict[str, Resource]:
    """The pods of an overlay, by the name of what makes them."""
    return {
        one["metadata"]["name"]: template
        for one in resources(overlay)
        if (template := template_of(one)) is not None
    }


def containers(template: Resource) -> list[Resource]:
    """All containers of a pod, those that run before the others first."""
    spec = template["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]
