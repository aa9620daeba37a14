#!/bin/sh
# Runs the uv of .venv. uv does not read pip's configuration, so an index or a certificate that the machine's owner
# configured for pip is handed on, unless uv has its own.
set -eu
venv=$(dirname "$0")/../.venv

pip_setting() {
  "$venv/bin/python" -m pip --disable-pip-version-check config get ":env:.$1" 2>/dev/null ||
    "$venv/bin/python" -m pip --disable-pip-version-check config get "install.$1" 2>/dev/null ||
    "$venv/bin/python" -m pip --disable-pip-version-check config get "global.$1" 2>/dev/null ||
    true
}

if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_CONFIG_FILE:-}" ]; then
  index=$(pip_setting index-url)
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
  cert=$(pip_setting cert)
  if [ -n "$cert" ]; then export SSL_CERT_FILE="$cert"; fi
fi
# The interpreter that make chose is the one that is used; uv never downloads another.
export UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$(cd "$venv" && pwd)"
exec "$venv/bin/uv" "$@"
