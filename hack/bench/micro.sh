#!/usr/bin/env bash
# Runs the micro-benchmarks and prints each beside its limit: the bare parser, the bare signature.
#
# usage: hack/bench/micro.sh [FILTER]
#   FILTER   a regular expression over names: watch, list, decide, match, encode, csr, chain
#
# Needs the package libbenchmark-dev. The times are those of the machine and the hour; the last
# column, how many times as long as the limit ours takes in the same run, is what to compare.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

case ${1:-} in
  -h | --help) usage; exit 0 ;;
  -*) bad_flag "$1" ;;
esac
[ -e /usr/include/benchmark/benchmark.h ] ||
  die "Google Benchmark is missing; run: apt-get install libbenchmark-dev"
mkdir -p -- "$repo/build"
log=$repo/build/micro.log
(cd -- "$repo" && cmake --preset release && ninja -C build/release micro_bench) >"$log" 2>&1 ||
  { tail -n 30 -- "$log" >&2; die "the build failed"; }
"$repo/build/release/hack/bench/micro_bench" --benchmark_filter="${1:-.}" \
  --benchmark_format=json --benchmark_repetitions=5 --benchmark_report_aggregates_only=true \
  2>>"$log" | python3 -c '
import json, sys
median = {}
for run in json.load(sys.stdin)["benchmarks"]:
    if run["aggregate_name"] == "median":
        what, side = run["run_name"].split("/")[:2]
        median.setdefault(what, {})[side] = run["cpu_time"]
print("| what | ours, us | limit, us | times the limit |\n|---|---|---|---|")
for what, sides in median.items():
    ours, limit = sides["ours"], sides["limit"]
    print(f"| {what} | {ours:.2f} | {limit:.2f} | {ours / limit:.2f} |")
    if "memcpy" in sides:
        copy = sides["memcpy"]
        print(f"| {what}, against memcpy | {ours:.2f} | {copy:.2f} | {ours / copy:.0f} |")
'
