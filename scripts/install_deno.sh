#!/bin/sh
# Installs one version of Deno from the npm registry into .tools/deno-VERSION of this checkout:
#   sh scripts/install_deno.sh 2.9.6
set -eu

version=$1
tools=$(cd "$(dirname "$0")/.." && pwd)/.tools
home=$tools/deno-$version
deno=$home/node_modules/deno/deno

[ -x "$deno" ] && exit 0

if ! command -v npm >/dev/null; then
  echo "error: Deno $version is needed: put it on PATH, or install npm, which can fetch it" >&2
  exit 1
fi

echo "installing Deno $version into .tools" >&2
# Into a temporary folder first: an interrupted download must not look like an installed Deno.
mkdir -p "$tools"
partial=$(mktemp -d "$tools/tmp-XXXXXX")
trap 'rm -rf "$partial"' EXIT
npm install --prefix "$partial" --no-save --no-audit --no-fund --include=optional --loglevel=error \
  "deno@$version" >&2
# An install script creates the executable; npm may be configured not to run it.
[ -x "$partial/node_modules/deno/deno" ] || node "$partial/node_modules/deno/install.cjs" >&2
chmod 755 "$partial"
rm -rf "$home"
mv "$partial" "$home"
