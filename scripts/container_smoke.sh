#!/usr/bin/env bash
# Does the image build, and do side-car and Judgment Layer start, harden and work together for real?
#
#   scripts/container_smoke.sh            with a running container engine; else, as root on Debian, with one of its own
#
# IMAGE       name of the image (bayesian-verifier:smoke)
# BASE_IMAGE  what to build from: by default python:3.12-slim, or a Debian made here where no registry answers
# BUILD_CA_BUNDLE, BUILD_PIP_CONF   files handed to the build as secrets
#
# Exit code 0: it works. 0 with a line that begins with SKIP: impossible here. In CI (CI=true) that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export IMAGE=${IMAGE:-bayesian-verifier:smoke} COMPOSE_PROJECT_NAME=bv-smoke
SCRATCH=$(mktemp -d)
ENGINE_PID=
COMPOSE=

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
skip() {
    [ "${CI:-}" = true ] && fail "$*"
    printf 'SKIP: %s. NOTHING about the container was checked.\n' "$*" >&2
    exit 0
}

clean_up() {
    local status=$?
    set +e
    [ -n "$COMPOSE" ] && $COMPOSE down --volumes --timeout 5 >"$SCRATCH/down.log" 2>&1
    if [ -n "$ENGINE_PID" ]; then
        kill "$ENGINE_PID"
        while kill -0 "$ENGINE_PID" 2>/dev/null; do sleep 0.2; done
        umount "$SCRATCH/exec/netns/default" 2>/dev/null
    fi
    rm -rf --one-file-system "$SCRATCH"
    exit "$status"
}
trap clean_up EXIT

install_missing() { # package program …
    local missing=()
    while [ $# -gt 0 ]; do
        [ -x "$2" ] || missing+=("$1")
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    apt-get install -y --no-install-recommends "${missing[@]}" >"$SCRATCH/apt.log" 2>&1 \
        || { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >>"$SCRATCH/apt.log" 2>&1 \
        || { tail -n 3 "$SCRATCH/apt.log" >&2; skip "cannot install ${missing[*]}"; }
}

start_engine() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip "no container engine answers, and none can be installed"
    install_missing docker.io /usr/sbin/dockerd docker-compose /usr/bin/docker-compose debootstrap /usr/sbin/debootstrap
    export DOCKER_HOST=unix://$SCRATCH/docker.sock
    say "starting an engine of our own"
    /usr/sbin/dockerd -H "$DOCKER_HOST" --pidfile "$SCRATCH/docker.pid" --data-root "$SCRATCH/data" \
        --exec-root "$SCRATCH/exec" --storage-driver overlay2 --iptables=false --ip6tables=false --bridge=none \
        --group root >"$SCRATCH/dockerd.log" 2>&1 &
    ENGINE_PID=$!
    for _ in $(seq 100); do
        $DOCKER version >/dev/null 2>&1 && return
        kill -0 "$ENGINE_PID" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 3 "$SCRATCH/dockerd.log" >&2
    skip "the engine does not start here"
}

make_base() { # a Debian with Python, where no registry can be reached
    [ "$(id -u)" = 0 ] || skip "no registry answers, and a base image can only be made by root"
    install_missing debootstrap /usr/sbin/debootstrap
    say "making a base image with debootstrap"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,passwd bookworm "$SCRATCH/root" \
        >"$SCRATCH/debootstrap.log" 2>&1 || { tail -n 3 "$SCRATCH/debootstrap.log" >&2; skip "debootstrap failed"; }
    ln -s /usr/bin/python3 "$SCRATCH/root/usr/local/bin/python"
    tar -C "$SCRATCH/root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
        --exclude=./etc/resolv.conf -cf - . \
        | $DOCKER import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - \
            localhost/python-base:bookworm >/dev/null
    BASE_IMAGE=localhost/python-base:bookworm
}

DOCKER=docker
if ! docker version >/dev/null 2>&1; then
    DOCKER=/usr/bin/docker # the one that belongs to the engine we install
    start_engine
fi
say "engine $($DOCKER version --format '{{.Server.Version}}')"
if $DOCKER compose version >/dev/null 2>&1; then COMPOSE="$DOCKER compose"; else COMPOSE=docker-compose; fi
$COMPOSE version >/dev/null 2>&1 || skip "there is no docker compose"

BASE_IMAGE=${BASE_IMAGE:-python:3.12-slim}
$DOCKER image inspect "$BASE_IMAGE" >/dev/null 2>&1 \
    || timeout 120 $DOCKER pull --quiet "$BASE_IMAGE" >/dev/null 2>&1 \
    || make_base

say "building $IMAGE from $BASE_IMAGE"
secrets=()
ca_bundle=${BUILD_CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}
[ -s "$ca_bundle" ] && secrets+=(--secret "id=ca_bundle,src=$ca_bundle")
[ -n "${BUILD_PIP_CONF:-}" ] && secrets+=(--secret "id=pip_conf,src=$BUILD_PIP_CONF")
DOCKER_BUILDKIT=1 $DOCKER build --network=host --build-arg BASE_IMAGE="$BASE_IMAGE" "${secrets[@]}" --tag "$IMAGE" . \
    >"$SCRATCH/build.log" 2>&1 || { tail -n 20 "$SCRATCH/build.log" >&2; fail "the image does not build"; }
say "image of $(($($DOCKER image inspect --format '{{.Size}}' "$IMAGE") / 1000000)) MB"

say "starting side-car and Judgment Layer"
started=$SECONDS
$COMPOSE up --no-build --exit-code-from judgment-layer 2>&1 | tee "$SCRATCH/up.log" \
    || { $COMPOSE logs --tail 20 verifier >&2; fail "the Judgment Layer did not end well"; }
grep -q 'none was lost' "$SCRATCH/up.log" || fail "the Judgment Layer did not count its judgments"
say "compose took $((SECONDS - started)) s"

say "looking at the side-car alone"
$COMPOSE up --no-build --detach verifier >"$SCRATCH/up.log" 2>&1
container=$($COMPOSE ps -q verifier)
for _ in $(seq 120); do
    health=$($DOCKER inspect --format '{{.State.Health.Status}}' "$container")
    [ "$health" = starting ] || break
    sleep 0.5
done
[ "$health" = healthy ] || fail "the side-car is $health"
inside() { $DOCKER exec "$container" "$@"; }
[ "$(inside id -u)" = 10001 ] || fail "it does not run as the user it should"
inside sh -c 'echo x >/opt/x' 2>/dev/null && fail "its file system can be written"
inside python3 -c 'import keras' 2>/dev/null && fail "training is in the image"
grep -q '^CapEff:\s*0000000000000000$' <(inside cat /proc/1/status) || fail "it holds capabilities"
say "healthy, user 10001, read-only, without capabilities"
say "everything works"
