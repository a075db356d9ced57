#!/usr/bin/env bash
# Shows that the tests of the pure parts notice mistakes: breaks one line at a time in a copy, and
# expects the tests of that folder to fail. Not part of the tests: 10 s to 2 min for each mutant.
#
# usage: hack/mutants.sh [--build DIR] [--jobs N] [--property] [NAME...]
#   --build DIR  where the copy and its build go (default: build/mutants)
#   --jobs N     compile jobs (default: one per core)
#   --property   controller/rules with property_rules alone, the proofs over states and schedules
#   NAME...      only these mutants; without: all. They are the first column of hack/mutants.txt.
#
# Ends with 1 if a mutant lives, does not compile, or no longer changes its file.
# docs/reliability.md tells which promise each mutant breaks, and records the last whole run.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

# Time on the processor, so that a busy machine kills no mutant: one that never ends is killed.
cpu_seconds_max=400

build=$repo/build/mutants
jobs=$(nproc)
tests_of_rules=(unit_rules property_rules)
wanted=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --build) build=${2:?--build needs a directory}; shift ;;
    --jobs) jobs=${2:?--jobs needs a number}; shift ;;
    --property) tests_of_rules=(property_rules) ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

copy=$build/source
log=$build/log
original=$build/original # of the file that a mutant is in: the repository may change meanwhile
mkdir -p -- "$copy"

# Only what differs: a file that is written anew is compiled anew.
sync_sources() {
  local file
  while IFS= read -r -d '' file; do
    cmp -s -- "$repo/$file" "$copy/$file" || install -D -m 644 -- "$repo/$file" "$copy/$file"
  done < <(cd -- "$repo" &&
    find CMakeLists.txt cmake crds pkg controller tests hack -type f -print0)
}

# tests_of FILE: the test binaries that are to notice a mistake in it, the fast ones first.
tests_of() {
  local folder
  folder=$(basename -- "$(dirname -- "$1")")
  if [ "$folder" = rules ]; then echo "${tests_of_rules[@]}"; else echo "unit_$folder"; fi
}

# verdict TEST...: sets $verdict to "green", "broken" (it does not compile), or what failed first.
find_verdict() {
  local test status
  for test in "$@"; do
    ninja -C "$build" -j "$jobs" "$test" >"$log" 2>&1 || { verdict=broken; return; }
    status=0
    (ulimit -t "$cpu_seconds_max"
     exec "$build/tests/$test" --gtest_brief=1 --gtest_fail_fast) >"$log" 2>&1 || status=$?
    [ "$status" -ne 0 ] || continue
    verdict=$(grep -m1 -oE 'FAILED  \] [A-Za-z/]+\.[A-Za-z0-9/]+' "$log" || true)
    verdict=${verdict#*] }
    # 128 + SIGXCPU, 128 + SIGKILL
    case $status in 137 | 152) verdict="never ending ($test)" ;; esac
    verdict=${verdict:-a crash of $test}
    return
  done
  verdict=green
}

is_wanted() {
  local name
  [ "${#wanted[@]}" -eq 0 ] && return 0
  for name in "${wanted[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# Takes one row of the table; returns 1 if its mutant was not killed.
try_mutant() {
  local name=$1 file=$2 expression=$3
  cp -- "$copy/$file" "$original"
  sed -i -e "$expression" "$copy/$file"
  if cmp -s "$original" "$copy/$file"; then
    say "$name: the table is out of date, it changes nothing in $file"
    return 1
  fi
  # shellcheck disable=SC2046  # names without spaces
  find_verdict $(tests_of "$file")
  cp -- "$original" "$copy/$file"
  case $verdict in
    green) say "$name: LIVES"; return 1 ;;
    broken) say "$name: does not compile: $(grep -m1 error "$log" || true)"; return 1 ;;
    *) say "$name: killed by $verdict" ;;
  esac
}

say "building the copy"
sync_sources
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 >"$log"

mapfile -t rows < <(grep -vE '^(#|$)' "$repo/hack/mutants.txt")
files=()
for row in "${rows[@]}"; do
  IFS='|' read -r name file _ <<<"${row// /}"
  if is_wanted "$name"; then files+=("$file"); fi
done
[ "${#files[@]}" -gt 0 ] || die "no such mutant in hack/mutants.txt"
for tests in $(for file in "${files[@]}"; do tests_of "$file" | tr ' ' '\n'; done | sort -u); do
  find_verdict "$tests"
  [ "$verdict" = green ] || { tail -n 20 -- "$log" >&2; die "without a mutant: $verdict"; }
done

alive=0
killed=0
for row in "${rows[@]}"; do
  # The expression may hold bars of its own: read keeps them in the last field.
  IFS='|' read -r name file expression <<<"$row"
  name=${name// /} file=${file// /}
  is_wanted "$name" || continue
  if try_mutant "$name" "$file" "${expression# }"; then
    killed=$((killed + 1))
  else
    alive=$((alive + 1))
  fi
done
[ "$alive" -eq 0 ] || die "$alive of $((alive + killed)) mutants live, or the table is out of date"
say "all $killed mutants were killed"
