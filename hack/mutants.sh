#!/usr/bin/env bash
# Shows that the tests of controller/rules notice mistakes: breaks one line at a time in a copy,
# and expects unit_rules or property_rules to fail. Not part of the tests: 10 to 20 s per mutant.
#
# usage: hack/mutants.sh [--build DIR] [--property] [NAME...]
#   --build DIR  where the copy and its build go (default: build/mutants)
#   --property   with property_rules alone, the proofs over all states and all crash schedules
#   NAME...      only these mutants; without: all. They are the first column of hack/mutants.txt.
#
# Ends with 1 if a mutant lives, or if a line of the table no longer changes its file.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

build=$repo/build/mutants
tests=(unit_rules property_rules)
wanted=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --build) build=${2:?--build needs a directory}; shift ;;
    --property) tests=(property_rules) ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

copy=$build/source
log=$build/log
mkdir -p -- "$copy"
sync_sources() {
  (cd -- "$repo" && tar -c CMakeLists.txt cmake pkg controller tests hack) | tar -x -C "$copy"
}

# are_green: builds the tests of the copy and runs them until one fails.
are_green() {
  ninja -C "$build" "${tests[@]}" >"$log" 2>&1 ||
    { tail -n 20 -- "$log" >&2; die "does not build"; }
  local test
  for test in "${tests[@]}"; do
    timeout 300 "$build/tests/$test" --gtest_brief=1 --gtest_fail_fast >"$log" 2>&1 || return 1
  done
}

is_wanted() {
  local name
  [ "${#wanted[@]}" -eq 0 ] && return 0
  for name in "${wanted[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

say "building the copy"
sync_sources
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 >"$log"
are_green || { cat -- "$log" >&2; die "the tests fail without a mutant"; }

alive=0
while IFS='|' read -r name file expression; do
  name=${name// /} file=${file// /}
  [ "${name:0:1}" != "#" ] || continue
  # The expression may hold bars of its own: read keeps them in the last field.
  expression=${expression# }
  is_wanted "$name" || continue
  target=$copy/controller/rules/$file
  sed -i -e "$expression" "$target"
  if cmp -s "$repo/controller/rules/$file" "$target"; then
    say "$name: the table is out of date, it changes nothing in $file"
    alive=$((alive + 1))
    continue
  fi
  if are_green; then
    say "$name: LIVES"
    alive=$((alive + 1))
  else
    killer=$(grep -m1 -oE 'FAILED  \] [A-Za-z/]+\.[A-Za-z/]+' "$log" || echo '] a crash')
    say "$name: killed by ${killer#*] }"
  fi
  cp -- "$repo/controller/rules/$file" "$target"
done <"$repo/hack/mutants.txt"
[ "$alive" -eq 0 ] || die "$alive of the mutants live"
say "every mutant was killed"
