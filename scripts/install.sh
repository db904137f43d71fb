#!/usr/bin/env bash
# Installs the locked packages of one set into .venv; does nothing when they are there already.
# usage: scripts/install.sh serving|training|development
set -euo pipefail
cd "$(dirname "$0")/.."
lock="requirements/${1:?which set: serving, training or development}.txt"
python="${PYTHON:-python3}"
installed=".venv/installed-$1.txt"

for done in "$installed" .venv/installed-development.txt; do
    cmp -s "requirements/$(basename "${done#.venv/installed-}")" "$done" && exit 0
done
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or later is needed, $("$python" --version) was found: set PYTHON." >&2
    exit 1
}
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "installing $lock into .venv" >&2
# uv installs the lock in seconds where pip takes two minutes.
.venv/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode -r "$lock"
cp "$lock" "$installed"
