#!/usr/bin/env bash
# The fast loop: compiles what changed (preset dev) and runs the tests that need no control plane.
#
# usage: hack/dev.sh [FILTER] [--cluster]
#   FILTER     only tests whose name matches this regular expression, for example 'Decide|Renewal'
#   --cluster  tests that need etcd and kube-apiserver too (hack/kube-tools.sh provides them)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

selection=()
labels=(--label-exclude cluster)
for arg in "$@"; do
  case $arg in
    --cluster) labels=() ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$arg" ;;
    *) selection=(--tests-regex "$arg") ;;
  esac
done

"$repo/hack/deps.sh"
cd -- "$repo"
[ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
ninja -C build/dev --quiet
ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --progress \
  "${labels[@]}" "${selection[@]}"
