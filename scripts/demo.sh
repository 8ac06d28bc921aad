#!/usr/bin/env bash
# Writes the demo recording once, then opens its session, or draws it where there is no display.
set -euo pipefail
cd "$(dirname "$0")/.."
recording=sessions/data/sleep
session=$recording/session.toml
[[ -f $session ]] || loupe demo "$recording" --kind sleep
if [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} || $(uname) == Darwin ]]; then
  echo "Opening $session (F1 lists the keys; close the window to end)"
  exec loupe open "$session"
fi
mkdir -p out
loupe render "$session" out/demo.png
echo "No display here, so the window was drawn to a picture: $PWD/out/demo.png"
