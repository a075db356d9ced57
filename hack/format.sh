#!/usr/bin/env bash
# Formats the C++ files with clang-format 19, the version that .clang-format is written for.
#
# usage: hack/format.sh [--check] [FILE...]
#   --check   change nothing; list the files that differ and exit 1
# Without FILE: every C++ file that git knows or would add.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

check_only=false
files=()
for arg in "$@"; do
  case $arg in
    --check) check_only=true ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$arg" ;;
    *) files+=("$(realpath -- "$arg")") ;;
  esac
done
formatter=$(command -v clang-format-19) || die "clang-format-19 is missing: run hack/deps.sh"

cd -- "$repo"
if [ "${#files[@]}" -eq 0 ]; then
  mapfile -d '' -t files < <(source_files . '*.h' '*.cpp')
fi
existing=() # a file may be deleted and not yet committed
for file in "${files[@]}"; do
  if [ -f "$file" ]; then existing+=("$file"); fi
done
[ "${#existing[@]}" -gt 0 ] || exit 0

if ! $check_only; then
  printf '%s\0' "${existing[@]}" | xargs -0 -n 20 -P "$(nproc)" "$formatter" -i
  exit 0
fi
if ! printf '%s\0' "${existing[@]}" |
  xargs -0 -n 20 -P "$(nproc)" "$formatter" --dry-run --Werror 2>&1 |
  sed -n 's/^\(.*\):[0-9]*:[0-9]*: error: .*clang-format.*/\1/p' | sort -u | (! grep .); then
  die "these files are not formatted: run hack/format.sh"
fi
