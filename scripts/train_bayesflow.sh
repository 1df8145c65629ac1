#!/usr/bin/env bash
# Train a model headless, for cron and CI: one run at a time, a log with dates, an exit code that means something.
#
#   scripts/train_bayesflow.sh [options of `bayesian-verifier train`]
#
# 0 published, 1 trained but missed the gate, 2 bad options, 3 deployment, 4 another run is at work.
# BV_TRAIN_WORK (runs/train) holds the checkpoint, the lock and the log; BV_TRAIN_STORE (models) takes the model.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=${BV_TRAIN_WORK:-$root/runs/train}
store=${BV_TRAIN_STORE:-$root/models}
# what is set for this script is no setting of the service, which refuses names it does not know
unset BV_TRAIN_WORK BV_TRAIN_STORE
program=$root/.venv/bin/bayesian-verifier
[ -x "$program" ] || program=$(command -v bayesian-verifier) || {
    echo "train_bayesflow.sh: bayesian-verifier is not installed; run 'make venv' first" >&2
    exit 3
}

mkdir -p "$work"
log=$work/training.log
echo "$(date -u +%FT%TZ) start: train --store $store --work $work $*" >>"$log"
status=0
"$program" train --store "$store" --work "$work" "$@" 2>&1 | tee -a "$log" || status=${PIPESTATUS[0]}
echo "$(date -u +%FT%TZ) end: exit code $status" >>"$log"
exit "$status"
