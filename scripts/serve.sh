#!/bin/sh
# Runs the guestbook from source with two workers, and says what to try with it.
set -eu
cd "$(dirname "$0")/.."

# `exec` below keeps the process id of this shell: it becomes the master's.
cat <<EOF

  Open             http://127.0.0.1:8000

  Then, from a second terminal:

    a reload       kill -HUP $$
    more workers   kill -TTIN $$
    fewer          kill -TTOU $$
    an accident    kill -9 \$(pgrep -P $$ | head -n 1)

  The page shows which worker answered. Load it again each time: somebody always does.
  Ctrl-C stops everything.

EOF
exec "${DENO:-deno}" run -A main.ts --config examples/guestbook/denicorn.config.ts examples/guestbook/main.ts
