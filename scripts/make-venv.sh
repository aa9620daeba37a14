#!/bin/sh
# Makes the virtual environment, or says in plain words what the machine lacks.
set -eu
python=$1
venv=$2

if ! command -v "$python" >/dev/null 2>&1; then
  echo "python3 is missing: install Python 3.11 or later (Debian: apt-get install python3 python3-venv)" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "$("$python" --version) is too old: Ostiary needs Python 3.11 or later; name another with make PYTHON=python3.12" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  echo "this Python cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)" >&2
  exit 1
fi
# An environment that works is kept: making it again would be slower and change nothing.
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --clear "$venv"
fi
