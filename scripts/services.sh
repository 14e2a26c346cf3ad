#!/bin/sh
# Looks for the real servers and the browser that the tests use, and installs those that are missing.
# What cannot be had is said in one line each; with CI=true nothing may be missing.
set -u
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null 2>&1; }
has_strace() { has strace; }
has_openssl() { has openssl; }
has_postgresql() { has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_redis() { has redis-server; }
has_dovecot() { has dovecot || [ -x /usr/sbin/dovecot ]; }
has_chromium() { has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome; }

for_each() { # what is called with: a test, its packages, what it is
    "$1" has_strace strace "un disque qui répond par des erreurs (strace)"
    "$1" has_openssl openssl "les certificats"
    "$1" has_postgresql postgresql "PostgreSQL"
    "$1" has_redis redis-server "Redis"
    "$1" has_dovecot dovecot-imapd "une boîte aux lettres IMAP (Dovecot)"
    "$1" has_chromium "chromium-headless-shell fonts-dejavu-core" "un navigateur (Chromium)"
}

note() { "$1" || packages="$packages $2"; }
say() {
    "$1" && return
    echo "Laissé de côté : les tests sur $3. Pour les avoir : apt install $2"
    missing=1
}

packages=""
for_each note
if [ -n "$packages" ]; then
    # All at once; one after the other where one of them is unknown.
    scripts/apt.sh $packages || for package in $packages; do scripts/apt.sh "$package"; done
    has_chromium || scripts/apt.sh chromium
fi
missing=0
for_each say
if [ "$missing" = 1 ] && [ "${CI:-}" = true ]; then
    echo "Avec CI=true, rien ne peut être laissé de côté." >&2
    exit 1
fi
