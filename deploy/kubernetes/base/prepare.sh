#!/bin/sh
# Before a pod starts: a new volume for models begins with the model that is shipped, and the pod's journal has a
# directory. Pods may start at the same time: a store appears by one rename, whole, and the first one stays.
set -eu
shipped=${SHIPPED:-/srv/models} store=${STORE:-/volumes/models} journals=${JOURNALS:-/volumes/journal}
for model in "$shipped"/*/; do
    name=$(basename "$model")
    [ -e "$store/$name" ] && continue
    fresh=$(mktemp -d "$store/.fresh.XXXXXX")
    cp -R "$model" "$fresh/$name"
    mv -T "$fresh/$name" "$store/$name" 2>/dev/null || [ -e "$store/$name" ]
    rm -rf "$fresh"
done
[ -z "${POD_NAME:-}" ] || mkdir -p "$journals/$POD_NAME"
