#!/bin/sh
# One night for journals of several writers, each in a directory of its own with a ledger beside it: looks who has
# changed, puts journals and ledgers together, and trains, compares and promotes what is due.
# Exit code 0 where nothing was to be done or it was not the time; else as `bayesian-verifier retrain run`.
set -eu
cd "${JOURNALS:-/srv/journal}"
for journal in */judgments.jsonl; do
    [ -e "$journal" ] || continue
    bayesian-verifier drift watch "$journal" --ledger "${journal%/*}/ledger.jsonl" --once
done
for name in judgments.jsonl ledger.jsonl; do
    set -- "$name" */"$name"
    [ -e "$2" ] || continue
    [ -e "$name" ] || shift
    status=0
    bayesian-verifier journal merge "$name" "$@" || status=$?
    [ "$status" -le 1 ] || exit "$status" # 1: merged, and a damaged line was named
done
if [ ! -e judgments.jsonl ]; then
    echo "nobody has written a journal yet"
    exit 0
fi
# The cluster has said when, and has given the cores: the slot of configs/retraining.toml is for machines of one's own.
status=0
bayesian-verifier retrain --journal judgments.jsonl --model-store "${STORE:-/srv/models}" \
    run --work "${WORK:-/srv/work}" --any-time || status=$?
[ "$status" -eq 4 ] || exit "$status"
