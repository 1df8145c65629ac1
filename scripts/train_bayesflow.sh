#!/usr/bin/env bash
# What cron runs each night: finish what an earlier run left, then train, compare and promote what is due.
#
#   scripts/train_bayesflow.sh [options of `bayesian-verifier retrain run`]
#
# Safe to run at any time and as often as one likes: without a reason in the ledger, the model's age or --force it does
# nothing, and never beside another batch job, thanks to the lease. Silent unless something failed; the log has it all.
#
# 0 done, or nothing to do; 2 bad options; 3 a training failed, or the deployment is wrong; 4 not now (slot, lease).
# BV_TRAIN_JOURNAL (judgments.jsonl): the journal; ledger.jsonl and lease.json are beside it.   BV_TRAIN_STORE (models):
# the model store that the service reads.   BV_TRAIN_SETTINGS: instead of configs/retraining.toml.   BV_TRAIN_WORK
# (runs/train): checkpoints and training.log.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
journal=${BV_TRAIN_JOURNAL:-$root/judgments.jsonl}
store=${BV_TRAIN_STORE:-$root/models}
settings=${BV_TRAIN_SETTINGS:-}
work=${BV_TRAIN_WORK:-$root/runs/train}
# what is set for this script is no setting of the service, which refuses names it does not know
unset BV_TRAIN_JOURNAL BV_TRAIN_STORE BV_TRAIN_SETTINGS BV_TRAIN_WORK
program=$root/.venv/bin/bayesian-verifier
[ -x "$program" ] || program=$(command -v bayesian-verifier) || {
    echo "train_bayesflow.sh: bayesian-verifier is not installed; run 'make venv' first" >&2
    exit 3
}

mkdir -p "$work"
log=$work/training.log
places=(--journal "$journal" --model-store "$store")
[ -z "$settings" ] || places+=(--settings "$settings")
said=$(mktemp)
trap 'rm -f "$said"' EXIT
echo "$(date -u +%FT%TZ) start: retrain ${places[*]} run --work $work $*" >>"$log"
status=0
"$program" retrain "${places[@]}" run --work "$work" "$@" >"$said" 2>&1 || status=$?
cat "$said" >>"$log"
echo "$(date -u +%FT%TZ) end: exit code $status" >>"$log"
if [ -t 1 ]; then
    cat "$said"
elif [ "$status" -ne 0 ] && [ "$status" -ne 4 ]; then
    cat "$said" >&2
fi
exit "$status"
