#!/bin/sh
# Inside a build of the image: installs this source into /opt/bayesian-verifier, leaves out what no program needs there,
# and writes down what it holds (sbom.cdx.json). One argument: what to install, as ".[serve]".
set -eu
environment=/opt/bayesian-verifier
if [ -s /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi
if [ -s /run/secrets/pip_conf ]; then export PIP_CONFIG_FILE=/run/secrets/pip_conf; fi
PIP_BUILD_CONSTRAINT=constraints.txt /opt/pip/bin/pip --python "$environment/bin/python" install --quiet \
    --no-cache-dir --disable-pip-version-check --constraint constraints.txt "$1"

packages=$(echo "$environment"/lib/python3.*/site-packages)
# Tests of others, some 45 MB; and Z3's library, which its wheel holds twice.
find "$packages" -type d -name tests -prune -exec rm -r {} +
for library in "$packages"/z3/lib/libz3.so.*; do
    if cmp -s "$library" "$packages/z3/lib/libz3.so"; then ln -sf libz3.so "$library"; fi
done
# Symbols for debuggers: 108 of the 349 MB of XLA. Who cannot reach a Debian mirror keeps them.
library=$packages/jaxlib/libjax_common.so
if command -v strip >/dev/null; then
    strip --strip-unneeded "$library"
elif { apt-get update && apt-get install -y --no-install-recommends binutils; } >/dev/null 2>&1; then
    strip --strip-unneeded "$library"
    apt-get purge -y --auto-remove binutils >/dev/null 2>&1 # what is written down below is what is handed on
else
    echo "binutils cannot be installed: $library keeps its symbols"
fi
python3 scripts/sbom.py --environment "$environment" --system / >"$environment/sbom.cdx.json"
