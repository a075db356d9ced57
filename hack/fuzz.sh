#!/usr/bin/env bash
# Lets each parser of bytes from outside meet inputs that libFuzzer invents (tests/fuzz), under
# AddressSanitizer and UndefinedBehaviorSanitizer, and tells what came of it.
#
# usage: hack/fuzz.sh [--seconds N] [--no-build] [TARGET...]
#   --seconds N   CPU time for each target (default 300)
#   --no-build    take the targets as they are in build/fuzz
#   TARGET        answers, cron, ... (default: all of tests/fuzz)
#
# Targets run one after the other, with low priority. What they learn stays in build/fuzz-corpus and
# is where the next run begins; what breaks something is kept in build/fuzz-findings and its
# report is shown. Put such an input into tests/fuzz/corpus/TARGET with the fix: every build replays
# it. Never put one there that holds a private key.
# Prints a line for each target: CPU seconds, inputs, covered edges, findings.
# Exit code 0: nothing was found; 1: something was.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

seconds=300
build=true
targets=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --no-build) build=false ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) targets+=("$1") ;;
  esac
  shift
done

if [ "${#targets[@]}" -eq 0 ]; then
  for folder in "$repo"/tests/fuzz/corpus/*/; do targets+=("$(basename -- "$folder")"); done
fi
if $build; then
  ls /usr/lib/llvm-19/lib/clang/19/lib/*/libclang_rt.fuzzer* >/dev/null 2>&1 ||
    die "the fuzzer is missing; run: apt-get install clang-19 libclang-rt-19-dev"
  log=$repo/build/fuzz.log
  mkdir -p -- "$repo/build"
  say "building ${targets[*]} ..."
  (cd -- "$repo" && cmake --preset fuzz && nice ninja -C build/fuzz "${targets[@]/#/fuzz_}") \
    >"$log" 2>&1 || { tail -n 30 -- "$log" >&2; die "the build failed; all of it is in $log"; }
fi

child=
stop_child() { [ -z "$child" ] || kill -- "$child" 2>/dev/null || true; }
trap stop_child EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# cpu_of PID: CPU seconds that the process has used; nothing once it is gone.
cpu_of() { awk -v tick="$(getconf CLK_TCK)" '{ print int(($14 + $15) / tick) }' "/proc/$1/stat"; }

# explore TARGET: until its CPU time is used, or something is found. Sets cpu, found and log.
explore() {
  local name=$1 used
  local corpus=$repo/build/fuzz-corpus/$name findings=$repo/build/fuzz-findings/$name
  log=$repo/build/fuzz-$name.log
  mkdir -p -- "$corpus" "$findings"
  cpu=0 found=0
  nice -n 2 "$repo/build/fuzz/tests/fuzz/fuzz_$name" "-artifact_prefix=$findings/" -timeout=20 \
    -rss_limit_mb=1024 -max_len=16384 -use_value_profile=1 \
    "$corpus" "$repo/tests/fuzz/corpus/$name" >"$log" 2>&1 &
  child=$!
  while used=$(cpu_of "$child" 2>/dev/null) && [ -n "$used" ]; do
    cpu=$used
    if [ "$cpu" -ge "$seconds" ]; then
      kill -INT -- "$child" 2>/dev/null || true
      break
    fi
    sleep 1
  done
  wait "$child" || true
  child=
  # It ends by itself only when it has found something.
  [ "$cpu" -ge "$seconds" ] || found=1
}

status=0
printf '%-14s %8s %12s %8s %9s\n' target 'CPU s' inputs edges findings
for name in "${targets[@]}"; do
  explore "$name"
  last=$(grep -aE '^#[0-9]+' -- "$log" | tail -n 1 || true)
  inputs=$(sed -E 's/^#([0-9]+).*/\1/' <<<"$last")
  edges=$(sed -nE 's/.* cov: ([0-9]+).*/\1/p' <<<"$last")
  printf '%-14s %8s %12s %8s %9s\n' "$name" "$cpu" "${inputs:-0}" "${edges:-0}" "$found"
  if [ "$found" -ne 0 ]; then
    status=1
    grep -aE -A 25 'ERROR|SUMMARY|ABORTING|Test unit written' -- "$log" | head -n 60 >&2 || true
  fi
done
exit "$status"
