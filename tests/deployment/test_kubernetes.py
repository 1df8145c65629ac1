"""Would a cluster take what is in deploy/kubernetes, and would it work there? By Kubernetes' own schemas, and by what
each part says of another.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from bayesian_verifier.serving._admission import OPEN_PATHS
from bayesian_verifier.settings import read_settings
from deployment.kustomizations import (
    HOME,
    OVERLAYS,
    Resource,
    containers,
    documents,
    files_of,
    pods,
    resources,
)

ROOT = HOME.parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: The oldest that knows side-cars without being asked to, and the newest whose schemas are installed.
VERSIONS = ("1.29", kubernetes_validate.latest_version())
MANIFESTS = sorted(path for path in HOME.rglob("*.yaml") if path.name != "kustomization.yaml")
PODS = [(overlay, name) for overlay in ("side-car", "stand-alone") for name in pods(overlay)]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.relative_to(HOME).as_posix())
def test_a_manifest_is_what_kubernetes_says_it_is(path: Path) -> None:
    """No member that a version does not know, none of another type."""
    for version in VERSIONS:
        for document in documents(path):
            kubernetes_validate.validate(document, version, strict=True)


def test_a_slip_of_the_pen_is_no_manifest() -> None:
    """The schemas are strict: a member that nobody knows is refused."""
    [policy] = documents(HOME / "side-car" / "disruption.yaml")
    policy["spec"]["maxUnavailble"] = policy["spec"].pop("maxUnavailable")
    with pytest.raises(kubernetes_validate.ValidationError, match="maxUnavailble"):
        kubernetes_validate.validate(policy, VERSIONS[0], strict=True)


def test_no_file_lies_about_that_nobody_names() -> None:
    """By one of the overlays."""
    named = {path.resolve() for overlay in OVERLAYS for path in files_of(HOME / overlay)}
    assert {path for path in HOME.rglob("*") if path.is_file()} == named


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_builds_it(overlay: str) -> None:
    """The same resources as are read here without it, each in the namespace, each pod under the policy."""
    if shutil.which("kubectl") is None:
        pytest.skip("NO kubectl: what kustomize makes of the files was not looked at")
    built = subprocess.run(
        ["kubectl", "kustomize", HOME / overlay], capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
    made = list(YAML(typ="safe").load_all(built.stdout))
    names = sorted((one["kind"], re.sub(r"-[a-z0-9]{10}$", "", one["metadata"]["name"])) for one in made)
    assert names == sorted((one["kind"], one["metadata"]["name"]) for one in resources(overlay))
    for one in made:
        assert one["metadata"].get("namespace", "bayesian-verifier") == "bayesian-verifier"
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)
    claims = {one["spec"]["accessModes"][0] for one in made if one["kind"] == "PersistentVolumeClaim"}
    assert claims == {"ReadWriteOnce"} | (set() if overlay == "one-node" else {"ReadWriteMany"})


def test_the_kustomization_on_the_page_puts_images_of_a_registry_in(tmp_path: Path) -> None:
    """Built beside this repository, as it stands there."""
    if shutil.which("kubectl") is None:
        pytest.skip("NO kubectl: the kustomization on the page was not built")
    [told] = re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "kubernetes.md").read_text(), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "bayesian-verifier" / "deploy").mkdir(parents=True)
    shutil.copytree(HOME, tmp_path / "bayesian-verifier" / "deploy" / "kubernetes")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "kustomization.yaml").write_text(told)
    built = subprocess.run(
        ["kubectl", "kustomize", tmp_path / "ours"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert {line.split()[-1] for line in built.stdout.splitlines() if " image: " in line} == {
        "registry.example.com/bayesian-verifier:1.0.0",
        "registry.example.com/bayesian-verifier-training:1.0.0",
    }


@pytest.mark.parametrize(("overlay", "name"), PODS)
def test_a_pod_is_as_restricted_as_its_namespace_asks(overlay: str, name: str) -> None:
    """The profile `restricted` of Pod Security, and beyond it: a read-only root, no word with the cluster."""
    spec = pods(overlay)[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    user = spec["securityContext"]
    assert user["runAsNonRoot"] is True
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}\n" in DOCKERFILE
    assert user["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pods(overlay)[name]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"memory"}


@pytest.mark.parametrize(("overlay", "name"), PODS)
def test_what_a_pod_mounts_is_there(overlay: str, name: str) -> None:
    """Volumes of the pod, claims and files of the overlay; the token is what the page says how to make."""
    there = {(one["kind"], one["metadata"]["name"]) for one in resources(overlay)}
    volumes = {one["name"]: one for one in pods(overlay)[name]["spec"]["volumes"]}
    mounted = {mount["name"] for one in containers(pods(overlay)[name]) for mount in one["volumeMounts"]}
    assert mounted == set(volumes)
    for volume in volumes.values():
        if claim := volume.get("persistentVolumeClaim"):
            assert ("PersistentVolumeClaim", claim["claimName"]) in there
        elif files := volume.get("configMap"):
            assert ("ConfigMap", files["name"]) in there
        elif secret := volume.get("secret"):
            assert (
                f"generic {secret['secretName']} --from-file=token="
                in (ROOT / "docs" / "kubernetes.md").read_text()
            )
        else:
            assert volume["emptyDir"]["sizeLimit"]


@pytest.mark.parametrize(("overlay", "name"), PODS)
def test_only_who_writes_models_may(overlay: str, name: str) -> None:
    """Whoever serves reads them; who prepares the volume and who trains write."""
    for container in containers(pods(overlay)[name]):
        for mount in container["volumeMounts"]:
            if mount["name"] == "models":
                writes = container["name"] in {"prepare", "trainer"}
                assert mount.get("readOnly", False) is not writes


@pytest.mark.parametrize("overlay", ["side-car", "stand-alone"])
def test_who_is_chosen_by_labels_is_there(overlay: str) -> None:
    """Each selector chooses pods of the overlay and no others, each port is one of theirs."""
    labels = {name: template["metadata"]["labels"] for name, template in pods(overlay).items()}
    ports = {
        name: {port["name"] for one in containers(template) for port in one.get("ports", ())}
        for name, template in pods(overlay).items()
    }
    for one in resources(overlay):
        kind, name, spec = one["kind"], one["metadata"]["name"], one.get("spec", {})
        chosen = {
            "Service": spec.get("selector"),
            "PodDisruptionBudget": spec.get("selector", {}).get("matchLabels"),
            "NetworkPolicy": spec.get("podSelector", {}).get("matchLabels"),
            "StatefulSet": spec.get("selector", {}).get("matchLabels"),
            "Deployment": spec.get("selector", {}).get("matchLabels"),
        }.get(kind)
        if chosen is None or name == "nothing":
            continue
        assert [pod for pod, held in labels.items() if chosen.items() <= held.items()] == [name]
        asked = [port.get("targetPort", port["port"]) for port in spec.get("ports", ())]
        asked += [port["port"] for rule in spec.get("ingress", ()) for port in rule["ports"]]
        assert set(asked) <= ports[name]
        if kind == "StatefulSet":
            assert ("Service", spec["serviceName"]) in {
                (other["kind"], other["metadata"]["name"]) for other in resources(overlay)
            }


def test_more_pods_are_made_of_what_is_scaled() -> None:
    """The autoscaler names the deployment, whose pods ask for the processor time that it reckons in."""
    found = {one["kind"]: one for one in resources("stand-alone")}
    scaler, target = found["HorizontalPodAutoscaler"]["spec"], found["Deployment"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": target["apiVersion"],
        "kind": "Deployment",
        "name": target["metadata"]["name"],
    }
    assert "replicas" not in target["spec"]
    assert scaler["minReplicas"] > found["PodDisruptionBudget"]["spec"]["maxUnavailable"]
    assert [metric["resource"]["name"] for metric in scaler["metrics"]] == ["cpu"]


def settings_of(container: Resource) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container.get("env", ()) if one["name"].startswith("BV_")}


@pytest.mark.parametrize(("overlay", "name"), PODS)
def test_the_service_would_take_its_settings(overlay: str, name: str) -> None:
    """No unknown name, nothing out of range, a token where others can connect, time to leave before the end."""
    for container in containers(pods(overlay)[name]):
        if container["image"] == "bayesian-verifier" and container["name"] == "verifier":
            settings = read_settings(settings_of(container))
            mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
            assert {str(settings.model_store), settings.compilation_cache, "/tmp"} <= mounts  # noqa: S108
            if settings.off_machine:
                assert str(Path(settings.token_file or "").parent) in mounts
            grace = pods(overlay)[name]["spec"].get("terminationGracePeriodSeconds", 30)
            assert settings.drain_seconds + settings.grace_seconds < grace


@pytest.mark.parametrize(("overlay", "name"), PODS)
def test_probes_ask_what_answers_without_a_token(overlay: str, name: str) -> None:
    """The kubelet asks the service by HTTP where it listens beyond loopback, else by what is in the image."""
    for container in containers(pods(overlay)[name]):
        probes = {kind: probe for kind, probe in container.items() if kind.endswith("Probe")}
        for kind, probe in probes.items():
            if container["name"] == "app":
                assert probe["httpGet"]["path"] == "/health"
                continue
            if "exec" in probe:
                script, *given = probe["exec"]["command"][1:]
                assert f'"{script}"' in DOCKERFILE
                route = given[0] if given else "/health/ready"
            else:
                route = probe["httpGet"]["path"]
            assert route in OPEN_PATHS
            assert (kind == "livenessProbe") is (route == "/health/live")


def test_an_app_neither_waits_for_its_side_car_nor_leaves_with_it() -> None:
    """A probe of readiness or of the start would make the whole pod wait for it."""
    [side_car] = [one for one in containers(pods("side-car")["app"]) if one["name"] == "verifier"]
    assert side_car["restartPolicy"] == "Always"
    assert {"readinessProbe", "startupProbe"}.isdisjoint(side_car)


def test_images_and_programs_are_those_that_are_built() -> None:
    """By the names on the pages; the sample is copied into the image, and takes these options."""
    used = {one["image"] for overlay, name in PODS for one in containers(pods(overlay)[name])}
    assert used == {"bayesian-verifier", "bayesian-verifier-training"}
    [app] = [one for one in containers(pods("side-car")["app"]) if one["name"] == "app"]
    script = Path(app["command"][-1])
    assert f"examples/{script.name} scripts/ask_app.py {script.parent}/" in DOCKERFILE
    options = {argument.partition("=")[0] for argument in app["args"]}
    source = (ROOT / "examples" / script.name).read_text()
    assert all(f'"{option}"' in source for option in options)


def prepared(shipped: Path, store: Path, journals: Path, pod: str) -> subprocess.Popen[str]:
    places = {"SHIPPED": str(shipped), "STORE": str(store), "JOURNALS": str(journals), "POD_NAME": pod}
    command = ["sh", HOME / "base" / "prepare.sh"]
    return subprocess.Popen(command, env=os.environ | places, text=True, stderr=subprocess.PIPE)


def held(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_pods_that_start_together_prepare_one_whole_store(tmp_path: Path) -> None:
    """Nothing is left beside it; whoever comes later leaves what was promoted since as it is."""
    shipped = ROOT / "src" / "bayesian_verifier" / "shipped_models"
    store, journals = tmp_path / "models", tmp_path / "journal"
    store.mkdir()
    journals.mkdir()
    together = [prepared(shipped, store, journals, f"app-{number}") for number in range(8)]
    for one in together:
        assert one.communicate(timeout=120) == (None, "")
        assert one.returncode == 0
    assert held(store) == held(shipped)
    assert sorted(path.name for path in journals.iterdir()) == [f"app-{number}" for number in range(8)]
    (store / "bayesian-verifier" / "current").write_text("another\n")
    later = prepared(shipped, store, journals, "app-0")
    assert later.communicate(timeout=120) == (None, "")
    assert (store / "bayesian-verifier" / "current").read_text() == "another\n"


def test_a_night_puts_together_what_pods_have_written(tmp_path: Path) -> None:
    """Journals and ledgers of two pods, again on the next night; there is nothing to train, and none is lost."""
    from bayesian_verifier import Journal

    shutil.copytree(ROOT / "src" / "bayesian_verifier" / "shipped_models", tmp_path / "models")
    for pod in ("app-0", "app-1"):
        (tmp_path / "journal" / pod).mkdir(parents=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    environ = clean | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JOURNALS": str(tmp_path / "journal"),
        "STORE": str(tmp_path / "models"),
        "WORK": str(tmp_path / "work"),
    }
    for night in (1, 2):
        for pod in ("app-0", "app-1"):
            with Journal(tmp_path / "journal" / pod / "judgments.jsonl") as journal:
                journal.append("policy", {"says": f"{pod}, night {night}"})
            with Journal(tmp_path / "journal" / pod / "ledger.jsonl") as ledger:
                ledger.append("note", {"says": f"{pod}, night {night}"})
        said = subprocess.run(
            ["sh", HOME / "retraining" / "night.sh"],
            env=environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert said.returncode == 0, said.stdout + said.stderr
        assert "nothing" in said.stdout
        for name in ("judgments.jsonl", "ledger.jsonl"):
            with Journal(tmp_path / "journal" / name) as merged:
                found = merged.verify()
            assert found.findings == ()
            assert sum(found.kinds.get(kind, 0) for kind in ("policy", "note")) == 2 * night
