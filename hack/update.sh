#!/usr/bin/env bash
# Rewrites what is generated from the code: the decision table and its document, the golden files.
# Review the difference: it is what changes for users.
#
# usage: hack/update.sh [--build DIR]
#   --build DIR  a configured build directory (default: build/dev, configured if it is not there)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

build=$repo/build/dev
while [ "$#" -gt 0 ]; do
  case $1 in
    --build) build=${2:?--build needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

[ -f "$build/build.ninja" ] || (cd -- "$repo" && cmake --preset dev >/dev/null)
ninja -C "$build" golden >/dev/null || die "the golden tests do not build: ninja -C $build golden"
UPDATE_GOLDEN=1 "$build/tests/golden" --gtest_brief=1 >/dev/null
git -C "$repo" status --short -- tests/golden docs/decision-table.md
