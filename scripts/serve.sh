#!/bin/sh
# Runs the guestbook from source with two workers, and shows what to try.
set -eu
cd "$(dirname "$0")/.."

# `exec` below keeps the process id of this shell for the master.
cat <<EOF

  Open             http://127.0.0.1:8000

  Then, from a second terminal:

    reload         kill -HUP $$
    add a worker   kill -TTIN $$
    remove one     kill -TTOU $$
    a crash        kill -9 \$(pgrep -P $$ | head -n 1)

  The page shows which worker responded. Reload it after each command: a worker always responds.
  Ctrl-C stops everything.

EOF
exec "${DENO:-deno}" run -A main.ts --config examples/guestbook/denicorn.config.ts examples/guestbook/main.ts
