#!/usr/bin/env bash
# The servers that tests start and pip cannot bring. Installed as root on Debian; elsewhere it is said what is left out.
# Each test run starts its own on a free port; no service of the system is started.
set -euo pipefail
PATH="$PATH:/usr/sbin:/usr/local/sbin:/usr/lib/rabbitmq/bin"

install() { # NAME PACKAGE PROGRAM...
  local name=$1 package=$2 program missing=""
  shift 2
  for program in "$@"; do command -v "$program" >/dev/null || missing=yes; done
  [[ -z $missing ]] && return
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing $package for the tests ..."
    if apt-get update -qq && without_services apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
      return
    fi
  fi
  echo "LEFT OUT: $name is not installed here, and the tests that need it are skipped, each by its name at the end." >&2
  echo "          As root on Debian: apt-get install $package" >&2
}

without_services() { # Debian starts what it installs unless this file refuses.
  local policy=/usr/sbin/policy-rc.d made="" status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes
  fi
  DEBIAN_FRONTEND=noninteractive nice "$@" || status=$?
  [[ -z $made ]] || rm -f "$policy"
  return "$status"
}

install MariaDB mariadb-server-core mariadbd mariadb-install-db
install RabbitMQ rabbitmq-server rabbitmq-server rabbitmq-diagnostics
install Prometheus prometheus prometheus promtool
