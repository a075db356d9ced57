#!/usr/bin/env bash
# Fails if something that hack/update.sh generates is not current. Writes nothing to the tree.
#
# usage: hack/verify.sh [--build DIR]
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
env -u UPDATE_GOLDEN "$build/tests/golden" --gtest_brief=1 ||
  die "run hack/update.sh and review what changed"
say "everything generated is current"
