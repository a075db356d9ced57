#!/usr/bin/env bash
# Measures Duplicert, its peer and the limit of the API server side by side, in one run on this
# machine, and writes tables and plots.
#
# usage: hack/bench/bench.sh [--subject NAME]... [--count N]... [--workload NAME]... [--out DIR]
#   --subject   limit, exchange, duplicert, cert-manager (hack/bench/subjects/NAME.sh); default:
#               those that can run here
#   --count     certificates at once; default 1000. Several make a series
#   --workload  single, create, renew, steady, restart, limit, exchange; default: what the subject
#               has
#   --rounds N  of renewal; default 1
#   --repeat N  everything N times, one subject after the other; default 1. A table shows of each
#               workload the run that took the middle time: other work on a machine comes and goes
#   --out DIR   default build/bench
#   --keep      keep control plane directories and logs below DIR
#
# Each subject and count gets a control plane of its own: etcd without fsync, audit log on, nothing
# else. Writes and reads are counted from the audit log by user, CPU and memory from /proc, latency
# from watch events of the load client. The CA's rate limit is raised (subjects/duplicert.sh).
# Workloads: single: 20 one after the other on an idle system; create: N at once; renew: all;
# steady: a minute without changes; restart: the controller ends and comes back; in between a bare
# client reads the lists that Duplicert begins with ("lists").
# Every workload ends by itself, at the latest after BENCH_SECONDS (1800).
#
# Results: DIR/results.json, DIR/table.md, DIR/*.svg. Takes about 3 minutes per 1,000 with Duplicert
# and limit, 10 with cert-manager. The absolute figures are those of the machine: compare columns.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

here=$repo/hack/bench
subjects=()
counts=()
workloads=()
out=$repo/build/bench
rounds=1
repeat=1
keep=false
while [ "$#" -gt 0 ]; do
  case $1 in
    --subject) subjects+=("${2:?--subject needs a name}"); shift ;;
    --count) counts+=("${2:?--count needs a number}"); shift ;;
    --workload) workloads+=("${2:?--workload needs a name}"); shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --repeat) repeat=${2:?--repeat needs a number}; shift ;;
    --out) out=${2:?--out needs a directory}; shift ;;
    --keep) keep=true ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done
[ "${#counts[@]}" -gt 0 ] || counts=(1000)
limit_seconds=${BENCH_SECONDS:-1800}
client=${BENCH_CLIENT:-$repo/build/release/hack/bench/bench_client}

plane=
work=
pids=()

kubectl() { "$plane_tools/kubectl" --kubeconfig "$plane/kubeconfig" "$@"; }

# background NAME COMMAND...: output in $work/NAME.out and .log, pid in $work/NAME.pid.
background() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$@" </dev/null >"$work/$name.out" 2>>"$work/$name.log" &
  echo $! >"$work/$name.pid"
  pids+=($!)
}

wait_crds() {
  kubectl wait --for=condition=Established --timeout=60s crd --all >/dev/null
}

# write_request_template: what every create of a Duplicert request looks like.
write_request_template() {
  cat >"$work/create.json" <<'JSON'
{"apiVersion": "duplicert.io/v1beta1", "kind": "DuplicateCertificateRequest",
 "metadata": {"name": "{name}", "namespace": "bench"},
 "spec": {"profileRef": {"name": "basic"}, "secretName": "{name}-tls",
          "commonName": "shop.example.com"}}
JSON
}

clean_up() {
  local status=$? pid
  trap - EXIT
  trap '' INT TERM HUP
  for pid in "${pids[@]}"; do stop_pid "$pid" 10; done
  [ -z "$plane" ] || "$repo/hack/control-plane.sh" down "$plane"
  exit "$status"
}

build() {
  if [ -n "${BENCH_CLIENT:-}" ]; then return; fi
  say "building (build/release)"
  (cd -- "$repo" && cmake --preset release && ninja -C build/release duplicert bench_client) \
    >"$out/build.log" 2>&1 || {
    tail -n 30 -- "$out/build.log" >&2
    die "the build failed; all of it is in $out/build.log"
  }
}

# measure WORKLOAD COUNT FLAG...: one run of the client; its JSON, with what the audit log and the
# CA counted meanwhile, goes to $results.
measure() {
  local workload=$1 count=$2 file
  shift 2
  file=$results/$subject-$fleet-$workload${round:+-$round}.json
  say "$subject, $fleet: $workload"
  local processes=(--process "apiserver=$(cat "$plane/kube-apiserver.pid")"
    --process "etcd=$(cat "$plane/etcd.pid")")
  local helper
  for helper in "${subject_helpers[@]}"; do processes+=(--process "$helper"); done
  if [ -n "$subject_pid" ]; then
    processes+=(--process "controller=$subject_pid" --subject controller)
  fi
  if declare -F subject_ca_calls >/dev/null; then subject_ca_calls >"$work/calls-before.json"; fi
  timeout "$((limit_seconds + 120))" "$client" "$workload" \
    --kubeconfig "$plane/kubeconfig-bench-client" \
    --resource "$subject_resource" --namespace bench --condition "${subject_condition:-Ready}" \
    --marker "${subject_marker:-}" --count "$count" --seconds "${seconds:-$limit_seconds}" \
    "${processes[@]}" "$@" >"$work/run.json" ||
    die "the workload failed; logs are in $work"
  if declare -F subject_ca_calls >/dev/null; then subject_ca_calls >"$work/calls-after.json"; fi
  python3 "$here/audit.py" --run "$work/run.json" --audit "$plane/audit.log" \
    --user "${subject_user}" --calls "$work" --subject "$subject" --fleet "$fleet" \
    --workload "$workload" >"$file"
  python3 "$here/report.py" --brief "$file" >&2
}

start_subject() {
  subject_start
  subject_pid=${pids[-1]}
}

run_workload() {
  local workload=$1
  case $workload in
    limit | exchange) measure "$workload" "$fleet" --template "$work/create.json" ;;
    single) measure single 20 --template "$work/create.json" --prefix single ;;
    create) measure create "$fleet" --template "$work/create.json" ;;
    renew)
      for ((round = 1; round <= rounds; round++)); do
        sleep 1 # {now} has seconds: each round must ask anew
        measure renew "$fleet" --template "$work/renew.json" "${subject_renew_flags[@]}"
      done
      round=
      ;;
    steady) seconds=60 measure steady "$fleet" ;;
    restart)
      stop_pid "$subject_pid" 30
      if [ "${#subject_lists[@]}" -gt 0 ]; then
        subject_pid=
        measure lists "$fleet" "${subject_lists[@]}"
      fi
      start_subject
      seconds=60 measure restart "$fleet" --metrics "$subject_metrics" \
        --reconciles "$subject_reconciles"
      ;;
    *) die "no workload '$workload'" ;;
  esac
}

wanted() {
  local name
  [ "${#workloads[@]}" -gt 0 ] || return 0
  for name in "${workloads[@]}"; do [ "$name" != "$1" ] || return 0; done
  return 1
}

# A subject with one number of certificates, on a control plane of its own.
run_subject() {
  subject=$1 fleet=$2 round=
  subject_pid='' subject_helpers=() subject_renew_flags=() subject_lists=() pids=()
  unset -f subject_ca_calls subject_start
  # shellcheck disable=SC1090
  . "$here/subjects/$subject.sh"
  subject_prepare
  work=$out/work/$subject-$fleet
  rm -rf -- "$work"
  mkdir -p -- "$work"
  plane=$work/plane
  "$repo/hack/control-plane.sh" up "$plane" --brief-audit --owner-pid $$ \
    --user bench-client=cluster-admin --user "$subject_user=cluster-admin" 2>"$work/plane.log" ||
    die "no control plane: $work/plane.log"
  plane_tools=$(cat "$plane/tools")
  kubectl create namespace bench >/dev/null
  subject_install
  if declare -F subject_start >/dev/null; then
    start_subject
    sleep 5
    seconds=10 measure steady 0
    mv -- "$results/$subject-$fleet-steady.json" "$results/$subject-$fleet-idle.json"
  fi
  local workload pid
  for workload in "${subject_workloads[@]}"; do
    if wanted "$workload"; then run_workload "$workload"; fi
  done
  for pid in "${pids[@]}"; do stop_pid "$pid" 20; done
  "$repo/hack/control-plane.sh" down "$plane"
  plane=
  $keep || rm -rf -- "$work"
}

mkdir -p -- "$out"
out=$(cd -- "$out" && pwd -P)
all_results=$out/results
rm -rf -- "$all_results"
"$repo/hack/kube-tools.sh" etcd kube-apiserver kubectl >/dev/null
build
if [ "${#subjects[@]}" -eq 0 ]; then
  subjects=(limit exchange duplicert)
  # shellcheck source=hack/bench/subjects/cert-manager.sh
  if (. "$here/subjects/cert-manager.sh" && subject_available); then subjects+=(cert-manager); fi
fi
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for fleet_size in "${counts[@]}"; do
  for ((turn = 1; turn <= repeat; turn++)); do
    results=$all_results/$turn
    mkdir -p -- "$results"
    for subject_name in "${subjects[@]}"; do run_subject "$subject_name" "$fleet_size"; done
  done
done
python3 "$here/report.py" --results "$all_results" --out "$out"
say "done: $out/table.md"
