#!/bin/sh
# Finds PostgreSQL and Chromium for the tests, or installs Debian's packages where that is allowed (root, apt-get).
# Never fails: tests whose part is missing say so in pytest's summary. OSTIARY_INSTALL_PARTS=0 only looks.
set -eu

has_postgresql() {
  command -v postgres >/dev/null 2>&1 && return 0
  for found in /usr/lib/postgresql/*/bin/postgres; do [ -x "$found" ] && return 0; done
  return 1
}

has_chromium() {
  command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1
}

may_install() {
  [ "${OSTIARY_INSTALL_PARTS:-1}" != 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=60 "$@" >/dev/null
}

provide() { # name, Debian package
  if "has_$2"; then return; fi
  if may_install; then
    echo "installing the Debian package $2 for the tests"
    if apt install --yes --no-install-recommends "$2" || { apt update && apt install --yes --no-install-recommends "$2"; }; then
      return
    fi
    echo "$1 could not be installed: the tests that need it will be skipped and will say so" >&2
  else
    echo "$1 is missing and may not be installed here: the tests that need it will be skipped and will say so" \
      "(Debian: apt-get install $2)" >&2
  fi
}

provide PostgreSQL postgresql
provide Chromium chromium
