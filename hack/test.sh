#!/usr/bin/env bash
# Sets up this machine and passes every test: what continuous integration runs.
#
# usage: hack/test.sh [--fast] [--all] [--jobs N]
#   --fast    without the AddressSanitizer build
#   --all     also the ThreadSanitizer build, the tests with a control plane under both sanitizers,
#             clang-tidy over the production code, and Lemur (from PyPI) against the simulator
#   --jobs N  compile jobs (default: one per core)
#
# Steps: packages, Kubernetes binaries, style, the chart and its manifests, release build with
# warnings as errors, image and chart on a node with a real kubelet (skipped, loudly, where the
# machine does not allow it; with REQUIRE_NODE=1 that fails), all tests (those that need a control
# plane too: REQUIRE_ENVTEST=1 unless it is set; of the catalogue of faults a share, with --all the
# whole; the next build runs beside them), then those that need none with AddressSanitizer and
# UndefinedBehaviorSanitizer. Stops at the first step that fails; the last output is the summary of
# ctest. Cold, with two cores: 15 min for the Kubernetes binaries, 12 for the release build, 3 for
# the node, 25 for the tests, 15 for the rest of the ASan build and its tests.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

fast=false
all=false
jobs=$(nproc)
while [ "$#" -gt 0 ]; do
  case $1 in
    --fast) fast=true ;;
    --all) all=true ;;
    --jobs) jobs=${2:?--jobs needs a number}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

# step TEXT COMMAND...: runs one step and says how long it took, or ends the script.
step() {
  local text=$1 started=$SECONDS
  shift
  say "$text ..."
  "$@" || die "failed after $((SECONDS - started)) s: $text"
  say "$text: done in $((SECONDS - started)) s"
}

# build PRESET [FLAG...]: configures, with the flags, and compiles; the compiler's output is shown
# only if something is wrong.
build() {
  local directory=$repo/build/$1 log=$repo/build/$1.log
  mkdir -p -- "$repo/build"
  (cd -- "$repo" && cmake --preset "$@" -DDUPLICERT_WERROR=ON) >"$log" 2>&1 ||
    { tail -n 40 -- "$log" >&2; return 1; }
  compile "$directory" "$log"
}

# begin_build PRESET [FLAG...]: the same in the background, with what is left of the processors;
# end_build waits for it.
begin_build() {
  (
    trap stop_jobs EXIT
    trap 'exit 143' TERM
    renice -n 19 -p "$BASHPID" >/dev/null
    build "$@"
  ) &
  build_ahead=$!
}

end_build() { wait "$build_ahead"; }

# compile DIRECTORY LOG: with a line of progress every 30 s.
compile() {
  local pid next=$((SECONDS + 30)) last
  NINJA_STATUS='[%f/%t] ' ninja -C "$1" -j "$jobs" >>"$2" 2>&1 &
  pid=$!
  while is_running "$pid"; do
    sleep 0.5
    if [ "$SECONDS" -ge "$next" ]; then
      last=$(grep -oE '^\[[0-9]+/[0-9]+\]' "$2" | tail -n 1 || true)
      say "compiling $last"
      next=$((SECONDS + 30))
    fi
  done
  wait "$pid" || { grep -A 15 -E '^FAILED|error' -- "$2" | head -n 60 >&2; return 1; }
}

# run_tests PRESET: in parallel where tests allow it. Prints failures and the summary, which stays
# the last output.
run_tests() {
  local preset=$1 status=0
  local log=$repo/build/$preset-tests.log limit=300
  if [ "$preset" != release ]; then limit=900; fi # sanitizers take three times as long
  say "$preset tests ..."
  ctest --test-dir "$repo/build/$preset" -j "$(nproc)" --timeout "$limit" --output-on-failure \
    --no-tests=error >"$log" 2>&1 || status=$?
  # The lines of tests that passed would drown the rest; the log has them.
  grep -vE "$passed_line" -- "$log" || true
  return "$status"
}

check_style() {
  python3 "$repo/hack/tidy.py" --self-test && python3 "$repo/hack/tidy.py" &&
    "$repo/hack/format.sh" --check
}

# check_on_node: exit code 4 of the test is that the machine refuses a node.
check_on_node() {
  local status=0
  "$repo/hack/node-test.sh" --binary "$repo/build/release/duplicert" || status=$?
  if [ "$status" -eq 0 ]; then on_node=passed; fi
  [ "$status" -eq 4 ] || return "$status"
  say "SKIPPED, NOT TESTED: image and chart on a real node: this machine does not allow it (above)"
  [ "${REQUIRE_NODE:-}" != 1 ]
}

# The compiler database of preset dev, which compiles each file alone; g++ flags that clang does not
# know are harmless.
check_with_clang_tidy() {
  (cd -- "$repo" && cmake --preset dev >/dev/null &&
    { source_files pkg '*.cpp' && source_files controller '*.cpp'; } |
    xargs -0 -n 4 -P "$jobs" clang-tidy-19 --quiet -p build/dev 2>/dev/null)
}

on_node="SKIPPED, NOT TESTED"
passed_line='^ *Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test +#[0-9]+:.* Passed +[0-9.]+ sec$'

# cluster_tests_of PRESET: with a sanitizer the tests that need a control plane take long: they are
# part of --all.
cluster_tests_of() {
  if [ "$1" = release ] || $all; then echo -DDUPLICERT_CLUSTER_TESTS=ON; else
    echo -DDUPLICERT_CLUSTER_TESTS=OFF
  fi
}

# On Ctrl-C: no compiler stays; ctest ends itself, and the control plane follows it.
stop_jobs() {
  mapfile -t pids < <(jobs -p)
  [ "${#pids[@]}" -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
}
trap stop_jobs EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step "packages" "$repo/hack/deps.sh"
step "Kubernetes binaries" "$repo/hack/kube-tools.sh" >/dev/null
step "style" check_style
step "chart and manifests" "$repo/hack/chart-check.py"
export REQUIRE_ENVTEST=${REQUIRE_ENVTEST:-1}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
presets=(release)
if ! $fast; then presets+=(asan); fi
if $all; then presets+=(tsan); fi
for preset in "${presets[@]}"; do
  if [ "$preset" = asan ]; then
    step "rest of the asan build" end_build
  else
    step "$preset build" build "$preset" "$(cluster_tests_of "$preset")"
  fi
  if [ "$preset" = release ] && $all; then step "clang-tidy" check_with_clang_tidy; fi
  if [ "$preset" = release ] && $all; then
    step "Lemur against the simulator" env -u DUPLICERT_BINARY "$repo/hack/lemur.sh" --self-test
  fi
  if [ "$preset" = release ]; then step "image and chart on a node" check_on_node; fi
  # Under a sanitizer the share of the faults is enough: it looks for races, not for plans.
  plans=some
  if [ "$preset" = release ] && $all; then plans=all; fi
  say "image and chart on a node: $on_node"
  # The tests wait for half of their time.
  if [ "$preset" = release ] && ! $fast; then begin_build asan "$(cluster_tests_of asan)"; fi
  DUPLICERT_FAULT_PLANS=$plans run_tests "$preset" || exit 1
done
