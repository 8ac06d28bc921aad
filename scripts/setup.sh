#!/usr/bin/env bash
# Makes .venv ready: system libraries, a virtual environment, Loupe and its tools at the tested versions.
# Does nothing when it is up to date. PYTHON names the interpreter (default python3), EXTRAS the extras.
# With --system only the system packages.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
extras=${EXTRAS:-dev}
venv=.venv
stamp=$venv/.loupe-ready

say() { printf '==> %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

wanted=$(cat pyproject.toml constraints.txt "$0" | cksum; echo "$python $extras $PWD")
if [[ ${1:-} != --system && -f $stamp && -x $venv/bin/python && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi

command -v "$python" >/dev/null || die "\`$python\` was not found; set PYTHON to a Python 3.11 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  die "Loupe needs Python 3.11 or newer; \`$python\` is $("$python" -V 2>&1)"

# Debian's names. The first line is what setting up and drawing need, the second what window tests need.
needed=(libgl1 libegl1 libgl1-mesa-dri libglib2.0-0 libdbus-1-3 libfontconfig1
  libfreetype6 libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
  libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1
  fonts-dejavu-core)
for_tests=(xvfb xauth)
"$python" -c 'import ensurepip, venv' 2>/dev/null || needed=(python3-venv "${needed[@]}")

missing() { # those of the packages named that are not installed; newer releases rename some with a t64 suffix
  local installed package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null | sed -n 's/^installed / /p' | tr ',' ' ')
  for package in "$@"; do
    grep -qE " ${package//./\\.}(t64)?( |\$)" <<<"$installed" || echo "$package"
  done
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  mapfile -t absent < <(missing "${needed[@]}")
  mapfile -t absent_tests < <(missing "${for_tests[@]}")
  if ((${#absent[@]} + ${#absent_tests[@]})) && [[ $EUID == 0 ]]; then
    say "installing system packages: ${absent[*]} ${absent_tests[*]}"
    export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
    apt-get update -qq || say "apt-get update failed; going on with the lists at hand"
    apt-get install -y -qq --no-install-recommends "${absent[@]}" "${absent_tests[@]}" >/dev/null
  elif ((${#absent[@]})); then
    printf 'setup: system packages are missing. Install them, then run the same command again:\n\n' >&2
    printf '  sudo apt-get install %s\n\n' "${absent[*]} ${absent_tests[*]}" >&2
    exit 1
  elif ((${#absent_tests[@]})); then
    say "without ${absent_tests[*]} the window tests are skipped (sudo apt-get install ${absent_tests[*]})"
  fi
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  die "\`$python\` has no venv module; install the package of your system that brings it"
fi
if [[ ${1:-} == --system ]]; then
  exit 0
fi

if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
  say "making $venv with $("$python" -V)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi

say "installing Loupe and its tools into $venv (a few minutes the first time)"
log=$venv/setup.log
if ! "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --no-warn-script-location \
  -c constraints.txt -e ".[$extras]" 2>&1 | tee "$log" |
  sed -un 's/^Collecting \([A-Za-z0-9._-]*\).*/    \1/p; s/^Installing collected.*/    unpacking .../p; s/^Successfully .*/    done/p'; then
  tail -25 "$log" >&2
  die "the installation failed; the whole log is $log"
fi
"$venv/bin/python" -c 'import loupe' || die "the installation does not import"
printf '%s\n' "$wanted" >"$stamp"
