#!/usr/bin/env bash
# Runs the catalogue of faults, or the parts of it that are named, in full.
#
# usage: hack/faults.sh [--some] [--preset NAME] [SUITE...]
#   SUITE    SieveCrashes, SieveViews, SieveApiFaults, SieveTakeOver, SieveCampaign, SieveClock,
#            SieveLease, SieveStart, or one test as SieveCrashes.Create; default: all
#   --some   only the share that hack/test.sh runs each time
#   --preset the build to use, as cmake calls it: dev (default), release, tsan, ...
#
# Uses a control plane of its own. In full, on two idle cores: 30 minutes for SieveCrashes, 5 each
# for the others. docs/reliability.md tells more.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

plans=all
preset=dev
suites=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --some) plans=some ;;
    --preset) preset=${2:?--preset needs a name}; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) suites+=("$1") ;;
  esac
  shift
done

filter=
for suite in "${suites[@]}"; do
  case $suite in *.*) filter+="$suite:" ;; *) filter+="$suite.*:" ;; esac
done

work=$(mktemp -d)
clean_up() {
  "$repo/hack/control-plane.sh" down "$work/plane" || true
  rm -rf -- "$work"
}
trap clean_up EXIT

(cd -- "$repo" && cmake --preset "$preset" && ninja -C "build/$preset" duplicert sieve_tests) \
  >"$work/build.log" 2>&1 || { tail -n 30 -- "$work/build.log" >&2; die "the build failed"; }
"$repo/hack/control-plane.sh" up "$work/plane" --with-kcm --user stranger --owner-pid $$
DUPLICERT_FAULT_PLANS=$plans DUPLICERT_CONTROL_PLANE=$work/plane REQUIRE_ENVTEST=1 \
  "$repo/build/$preset/tests/sieve_tests" --gtest_filter="${filter:-*}"
