#!/usr/bin/env bash
# Does the image build, and do side-car and Judgment Layer start, harden and work together for real? The side-car is
# killed on the way: the app goes on, and it comes back. Prints sizes, layer by layer, and memory.
#
#   scripts/container_smoke.sh            with a running container engine; else, as root on Debian, with one of its own
#
# TRAINING=1  builds the training image too, and sees that it can train
# SBOM        where to put the serving image's bill of materials (nowhere)
# IMAGE       name of the image (bayesian-verifier:smoke)
# BASE_IMAGE  what to build from: by default python:3.12-slim, or a Debian made here where no registry answers
# BUILD_CA_BUNDLE, BUILD_PIP_CONF   files handed to the build as secrets
#
# Exit code 0: it works. 0 with a line that begins with SKIP: impossible here. In CI (CI=true) that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export IMAGE=${IMAGE:-bayesian-verifier:smoke} TRAINING_IMAGE=${TRAINING_IMAGE:-bayesian-verifier-training:smoke}
export COMPOSE_PROJECT_NAME=bv-smoke
export SIDE_CAR_SECONDS=2 # a busy machine is no fault of the containers
MOST_MB=900 # of the serving image
BEGAN=$SECONDS
SCRATCH=$(mktemp -d)
ENGINE_PID=
DEBIAN_PID=
COMPOSE=

say() { printf '== %3d s  %s\n' $((SECONDS - BEGAN)) "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
skip() {
    [ "${CI:-}" = true ] && fail "$*"
    printf 'SKIP: %s. NOTHING about the container was checked.\n' "$*" >&2
    exit 0
}

take_down() { $COMPOSE ${FILES:-} --profile demo down --volumes --timeout 3 >"$SCRATCH/down.log" 2>&1; }

clean_up() {
    local status=$?
    set +e
    [ -n "$COMPOSE" ] && take_down
    if [ -n "$DEBIAN_PID" ]; then
        kill -- "-$DEBIAN_PID" 2>/dev/null # with all that it started
        wait "$DEBIAN_PID"
        umount "$SCRATCH/root/proc" "$SCRATCH/root/sys" 2>/dev/null
    fi
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
    begin_debian # where there was no engine there is seldom a registry: both are made at the same time
    install_missing docker.io /usr/sbin/dockerd docker-compose /usr/bin/docker-compose
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

begin_debian() {
    [ "$(id -u)" = 0 ] || skip "no registry answers, and a base image can only be made by root"
    install_missing debootstrap /usr/sbin/debootstrap
    setsid debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,passwd bookworm "$SCRATCH/root" \
        >"$SCRATCH/debootstrap.log" 2>&1 &
    DEBIAN_PID=$!
}

make_base() { # a Debian with Python, where no registry can be reached
    say "making a base image with debootstrap"
    [ -n "$DEBIAN_PID" ] || begin_debian
    wait "$DEBIAN_PID" || { tail -n 3 "$SCRATCH/debootstrap.log" >&2; skip "debootstrap failed"; }
    DEBIAN_PID=
    ln -s /usr/bin/python3 "$SCRATCH/root/usr/local/bin/python"
    # without what a slim image leaves out, too
    tar -C "$SCRATCH/root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
        --exclude=./etc/resolv.conf --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' -cf - . \
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

secrets=()
ca_bundle=${BUILD_CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}
[ -s "$ca_bundle" ] && secrets+=(--secret "id=ca_bundle,src=$ca_bundle")
[ -n "${BUILD_PIP_CONF:-}" ] && secrets+=(--secret "id=pip_conf,src=$BUILD_PIP_CONF")
build() { # target, name
    say "building $2 from $BASE_IMAGE"
    DOCKER_BUILDKIT=1 $DOCKER build --network=host --build-arg BASE_IMAGE="$BASE_IMAGE" \
        --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" "${secrets[@]}" \
        --target "$1" --tag "$2" . >"$SCRATCH/build.log" 2>&1 \
        || { tail -n 20 "$SCRATCH/build.log" >&2; fail "$2 does not build"; }
    say "$2: $(megabytes "$2") MB, in layers of"
    $DOCKER history --no-trunc --format '{{.Size}}\t{{.CreatedBy}}' "$2" | grep -v '^0B' | cut -c 1-110 | sed 's/^/   /'
}
megabytes() { echo $(($($DOCKER image inspect --format '{{.Size}}' "$1") / 1000000)); }

build serving "$IMAGE"
[ "$(megabytes "$IMAGE")" -le $MOST_MB ] || fail "the serving image is larger than $MOST_MB MB"
label() { $DOCKER image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$IMAGE"; }
[ "$(label licenses)" = Apache-2.0 ] && [ -n "$(label version)" ] || fail "it has no labels"
if [ -n "${SBOM:-}" ]; then
    $DOCKER run --rm --network none --entrypoint cat "$IMAGE" /opt/bayesian-verifier/sbom.cdx.json >"$SBOM"
    say "bill of materials with $(grep -c '"purl"' "$SBOM") components in $SBOM"
fi
if [ "${TRAINING:-}" = 1 ]; then
    build training "$TRAINING_IMAGE"
    $DOCKER run --rm --network none --read-only --tmpfs /tmp --entrypoint python3 "$TRAINING_IMAGE" -c \
        'import bayesian_verifier.training._train' || fail "the training image cannot train"
fi

start() { # waits for the app's health, which waits for the side-car's
    $COMPOSE ${FILES:-} up --no-build --detach pod verifier app >"$SCRATCH/up.log" 2>&1 \
        || { tail -n 5 "$SCRATCH/up.log" >&2; $COMPOSE ${FILES:-} logs --tail 20 verifier >&2; fail "it does not start"; }
}
ask() { $COMPOSE ${FILES:-} exec -T app python3 /demo/scripts/ask_app.py --until "$1" || fail "the $1 does not answer"; }
container() { $COMPOSE ${FILES:-} ps -q "$1"; }

say "starting side-car and app"
start
ask verifier

say "killing the side-car: the app goes on"
$DOCKER kill "$(container verifier)" >/dev/null
ask controller
say "starting it again: it comes back"
$COMPOSE start verifier >/dev/null 2>&1
ask verifier

say "real people's choices, through a Judgment Layer beside it"
$COMPOSE --profile demo run --rm --no-deps -T demo >"$SCRATCH/demo.log" 2>&1 \
    || { tail -n 20 "$SCRATCH/demo.log" >&2; fail "the demo did not end well"; }
grep 'none was lost' "$SCRATCH/demo.log" || fail "the demo did not count its judgments"

say "looking inside"
$DOCKER stats --no-stream --format '   {{.Name}}: {{.MemUsage}}' "$(container verifier)" "$(container app)" "$(container pod)"
inside() { $DOCKER exec "$(container verifier)" "$@"; }
[ "$(inside id -u)" = 10001 ] || fail "it does not run as the user it should"
inside sh -c 'echo x >/opt/x' 2>/dev/null && fail "its file system can be written"
inside sh -c 'echo x >/srv/models/x' 2>/dev/null && fail "it can write to its models"
inside python3 -c 'import keras' 2>/dev/null && fail "training is in the image"
grep -q '^CapEff:\s*0000000000000000$' <(inside cat /proc/1/status) || fail "it holds capabilities"
[ "$($DOCKER inspect --format '{{.State.Health.Status}}' "$(container verifier)")" = healthy ] || fail "it is not healthy"
say "healthy, user 10001, read-only, without capabilities"
take_down

say "the same over a Unix socket, the side-car without any network"
FILES='-f docker-compose.yml -f docker-compose.uds.yml'
start
ask verifier
say "everything works"
