# Shared by the scripts of hack/: where things are, and how progress is told. Source it, after
# `set -euo pipefail`; it changes no directory and sets no trap.
# shellcheck shell=bash

shopt -s inherit_errexit # a failure in $(...) counts too

repo=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
export repo
script_name=$(basename -- "$0")

# say TEXT...: one line of progress on standard error, with the seconds since the script began.
say() { printf '[%s %4ds] %s\n' "$script_name" "$SECONDS" "$*" >&2; }

die() {
  printf '%s: %s\n' "$script_name" "$*" >&2
  exit 1
}

# usage: prints the comment block at the top of the calling script (without the #! line).
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

# bad_flag FLAG: says which flag is unknown and ends with 2, as getopt does.
bad_flag() {
  printf '%s: unknown argument %s (see --help)\n' "$script_name" "$1" >&2
  exit 2
}

# source_files DIRECTORY PATTERN...: the files that git knows or would add, each ended by a zero
# byte; in an unpacked archive all that is there. Relative to the repository, the current directory.
source_files() {
  local directory=$1 names=() pattern
  shift
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard -- "${@/#/$directory/}"
    return
  fi
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find "$directory" -name build -prune -o -type f '(' "${names[@]:1}" ')' -print0
}

# version_at_least HAVE WANT: compares dotted numbers ("1.26.8" with "1.26").
version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# free_ports COUNT: prints that many free ports of 127.0.0.1, below the ephemeral range, so that
# a client which keeps dialling a stopped server can neither take its port nor reach itself.
free_ports() {
  python3 - "$1" <<'PY'
import random, socket, sys
held = []
for port in random.sample(range(20000, 30000), 2000):
    if len(held) == int(sys.argv[1]):
        break
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", port))
        held.append(s)
    except OSError:
        s.close()
print(*(s.getsockname()[1] for s in held))
PY
}

# is_running PID: true until the process has ended; a zombie has ended.
is_running() {
  [ -n "${1:-}" ] && kill -0 "$1" 2>/dev/null &&
    [ "$(ps -o stat= -p "$1" 2>/dev/null | cut -c1)" != Z ]
}

# stop_pid PID SECONDS: SIGTERM, SIGKILL after SECONDS, and returns when it is gone.
stop_pid() {
  local pid=$1 deadline=$((SECONDS + $2))
  is_running "$pid" || return 0
  kill -TERM "$pid" 2>/dev/null || true
  kill -CONT "$pid" 2>/dev/null || true
  while is_running "$pid"; do
    [ "$SECONDS" -lt "$deadline" ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.05
  done
}
