#!/bin/sh
# Installs Debian or Ubuntu packages when this machine and this user allow it; otherwise exits 1.
set -eu
command -v apt-get >/dev/null 2>&1 || exit 1
as_root=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || exit 1
    as_root="sudo -n"
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installation de : $*" >&2
$as_root apt-get update -qq >/dev/null 2>&1 || true
$as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
