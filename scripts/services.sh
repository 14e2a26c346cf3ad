#!/bin/sh
# Looks for the real servers and the browser that the tests use, and installs those that are missing.
# What cannot be had is said in one line each; with CI=true nothing may be missing.
set -u
cd "$(dirname "$0")/.."
missing=0

has_postgresql() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_redis() { command -v redis-server >/dev/null 2>&1; }
has_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

want() { # test, package, what it is
    "$1" && return
    scripts/apt.sh $2
    "$1" && return
    echo "Laissé de côté : les tests sur $3. Pour les avoir : apt install $2"
    missing=1
}

has_dovecot() { command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ]; }
has_openssl() { command -v openssl >/dev/null 2>&1; }

has_strace() { command -v strace >/dev/null 2>&1; }

want has_strace "strace" "un disque qui répond par des erreurs (strace)"
want has_openssl "openssl" "les certificats"
want has_postgresql "postgresql" "PostgreSQL"
want has_redis "redis-server" "Redis"
want has_dovecot "dovecot-imapd" "une boîte aux lettres IMAP (Dovecot)"
want has_chromium "chromium fonts-dejavu-core" "un navigateur (Chromium)"
if [ "$missing" = 1 ] && [ "${CI:-}" = true ]; then
    echo "Avec CI=true, rien ne peut être laissé de côté." >&2
    exit 1
fi
