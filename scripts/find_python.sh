#!/bin/sh
# Which Python makes the virtual environment? The first of the arguments, or of the usual names, that runs and is
# 3.11, 3.12 or 3.13; printed on stdout. Exits 1 with one clear line on stderr where none is.
set -u
for python in "${@:-python3}" python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "error: $python cannot make virtual environments: install its venv package" >&2
            exit 1
        fi
        echo "$python"
        exit 0
    fi
done
found=$("${1:-python3}" -V 2>&1) || found="no ${1:-python3}"
echo "error: Python 3.11, 3.12 or 3.13 is needed and was not found ($found). Name one: make PYTHON=/path/to/python3.12" >&2
exit 1
