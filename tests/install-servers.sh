#!/usr/bin/env bash
# The servers that tests start and pip cannot bring. Installed as root on Debian; elsewhere it is said what is left out.
# Only programs: the package installs no service, and each test run starts its own on a free port.
set -euo pipefail
PATH="$PATH:/usr/sbin:/usr/local/sbin"

command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null && exit 0
if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
  echo "Installing mariadb-server-core for the tests ..."
  if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mariadb-server-core >/dev/null; then
    exit 0
  fi
fi
echo "LEFT OUT: MariaDB is not installed here, and the tests that need it are skipped, each by its name at the end." >&2
echo "          As root on Debian: apt-get install mariadb-server-core" >&2
