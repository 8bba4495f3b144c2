#!/usr/bin/env bash
# The servers that tests start and pip cannot bring. Installed as root on Debian; elsewhere it is said what is left out.
# Only programs are used: each test run starts servers of its own on free ports.
set -euo pipefail
PATH="$PATH:/usr/sbin:/usr/local/sbin"

missing=()
if ! command -v mariadbd >/dev/null || ! command -v mariadb-install-db >/dev/null; then missing+=(mariadb-server-core); fi
if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then missing+=(prometheus); fi
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} for the tests ..."
  if apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    exit 0
  fi
fi
echo "LEFT OUT: ${missing[*]}: not installed here, and the tests that need it are skipped, each by its name at the end." >&2
echo "          As root on Debian: apt-get install ${missing[*]}" >&2
