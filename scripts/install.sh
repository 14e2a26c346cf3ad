#!/bin/sh
# Makes .venv and puts in it exactly the pinned packages of requirements/$1.txt, then this project.
set -eu
cd "$(dirname "$0")/.."
wanted="$1"
python="${PYTHON:-python3}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Maillage demande Python 3.11 ou plus récent (trouvé : $("$python" --version 2>&1))." >&2
    exit 1
}

make_environment() { "$python" -m venv .venv >build/venv.log 2>&1; }

mkdir -p build
if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    # Debian and Ubuntu ship Python without the module that makes environments.
    make_environment || { scripts/apt.sh python3-venv && rm -rf .venv && make_environment; } || {
        cat build/venv.log >&2
        echo "L’environnement Python n’a pas pu être créé : installez le paquet python3-venv." >&2
        exit 1
    }
fi
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$wanted.txt"
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch ".venv/$wanted.stamp"
[ "$wanted" = run ] || touch .venv/run.stamp
