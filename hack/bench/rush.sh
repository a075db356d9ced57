#!/usr/bin/env bash
# Lets N copies of M orders come due in the same moment, with the limits of the real CA, and tells
# what was bought, how many calls were refused, and how long it took against what the limit allows.
#
# usage: hack/bench/rush.sh [--copies N] [--orders M] [--rate R] [--out DIR]
#   --copies N   certificates in all (default 10000)
#   --orders M   that they are duplicates of (default 100)
#   --rate R     how much faster than the true one the clocks of operator and CA run (default 5)
#   --out DIR    default build/bench/rush
#
# Real processes: etcd, kube-apiserver, the operator, the polite simulator over HTTPS, with 1,000
# calls in 3 minutes and 100 in 5 s, which the simulator enforces (429). First all certificates are
# made, with the limit raised. Then both are stopped, and start again when the orders have 15 days
# left, with clocks that run R times as fast (rush/fast_time.c, preloaded): the hour that the CA's
# limit takes is over in minutes, while all waits keep their length on these clocks. The API server
# lives in true time, so that it has to do R times as much.
#
# Exit code 0: exactly M orders were bought, a duplicate for each copy but those whose keys bought
# the orders, and no call was refused, within 1.1 times what the limit allows. Result:
# DIR/rush.json, and a table on standard output.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

here=$repo/hack/bench
copies=10000 orders=100 rate=5 out=$repo/build/bench/rush
while [ "$#" -gt 0 ]; do
  case $1 in
    --copies) copies=${2:?--copies needs a number}; shift ;;
    --orders) orders=${2:?--orders needs a number}; shift ;;
    --rate) rate=${2:?--rate needs a number}; shift ;;
    --out) out=${2:?--out needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

duplicert=${DUPLICERT_BINARY:-$repo/build/release/duplicert}
client=${BENCH_CLIENT:-$repo/build/release/hack/bench/bench_client}
[ -x "$duplicert" ] && [ -x "$client" ] ||
  die "$duplicert or $client is missing; run hack/bench/bench.sh first"
rm -rf -- "$out"
mkdir -p -- "$out/ca"
plane=$out/plane
pids=()

clean_up() {
  local status=$? pid
  trap - EXIT
  trap '' INT TERM HUP
  for pid in "${pids[@]}"; do stop_pid "$pid" 10; done
  "$repo/hack/control-plane.sh" down "$plane"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

kubectl() { "$plane_tools/kubectl" --kubeconfig "$plane/kubeconfig" "$@"; }

# background NAME COMMAND...: the words of $clocks are its environment.
background() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- env "${clocks[@]}" "$@" </dev/null >>"$out/$name.out" \
    2>>"$out/$name.log" &
  pids+=($!)
}

write_seed() {
  cat <<'YAML'
next_order_id: 500000
accounts:
  - id: 1010101
    name: Example Ltd
    requests_per_3_minutes: 100000000
    requests_per_5_seconds: 100000000
    users: [{id: 9001, username: operator}]
    api_keys: [{name: operator, user: 9001, api_key: generate, file: api-key}]
    organizations: [{id: 550011, name: Example Ltd, validated_until: +300d}]
    domains: [{name: example.com, organization: 550011, dcv_expires: +150d}]
    orders:
YAML
  local i
  for ((i = 0; i < orders; i++)); do
    echo "      - {id: $((100000 + i)), product: ssl_basic, organization: 550011, issued: -150d," \
      "order_valid_till: +40d, valid_till: +40d, common_name: shop-$i.example.com}"
  done
}

# apply_profile LIMITS: the profile, with what a JSON object says of its rateLimit.
apply_profile() {
  kubectl apply --server-side --force-conflicts -f - >/dev/null <<JSON
{"apiVersion": "duplicert.io/v1beta1", "kind": "AutomationProfile",
 "metadata": {"name": "basic", "namespace": "bench"},
 "spec": {
  "account": {"apiKeySecretRef": {"name": "certcentral"}, "url": "$ca_url",
   "caBundle": "$(base64 -w 0 <"$out/ca/ca.pem")"$1},
  "product": "ssl_basic", "organization": {"id": 550011},
  "renewal": {"before": "30d", "onNoRenewedOrder": "RenewOrder"},
  "limits": {"ordersPerDay": 1000},
  "nameConstraints": [{"dnsNames": ["*.example.com"]}]}}
JSON
}

start_simulator() {
  local tries
  : >"$out/simulator.out"
  background simulator "$duplicert" simulate --listen "127.0.0.1:$ca_port" --data "$out/ca" \
    --seed "$out/seed.yaml" --polite --fault chain_in_answer=on
  simulator_pid=${pids[-1]}
  ca_url=https://127.0.0.1:$ca_port/services/v2
  for ((tries = 0; tries < 200; tries++)); do
    if sim health >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  die "the simulator did not start: $(tail -n 3 "$out/simulator.log")"
}

# With the simulator's clock, by which its TLS certificate is valid.
sim() {
  env "${clocks[@]}" curl --silent --show-error --fail --noproxy '*' --cacert "$out/ca/ca.pem" \
    "https://127.0.0.1:$ca_port/_sim/$1" "${@:2}"
}

start_operator() {
  background duplicert "$duplicert" run --kubeconfig "$plane/kubeconfig-duplicert-operator" \
    --no-leader-elect --allowed-ca-hosts "127.0.0.1:$ca_port" --ledger-namespace bench \
    --metrics-address "127.0.0.1:$metrics_port" --health-address "127.0.0.1:$health_port"
  operator_pid=${pids[-1]}
}

write_seed >"$out/seed.yaml"
"$repo/hack/control-plane.sh" up "$plane" --brief-audit --owner-pid $$ \
  --user bench-client=cluster-admin --user duplicert-operator=cluster-admin 2>"$out/plane.log" ||
  die "no control plane: $out/plane.log"
plane_tools=$(cat "$plane/tools")
read -r ca_port metrics_port health_port < <(free_ports 3)
clocks=()
kubectl create namespace bench >/dev/null
kubectl apply --server-side -k "$repo/crds" >/dev/null
kubectl wait --for=condition=Established --timeout=60s crd --all >/dev/null
start_simulator
kubectl -n bench create secret generic certcentral --from-file=api-key="$out/ca/api-key" >/dev/null
apply_profile ', "rateLimit": {"requestsPer3Minutes": 100000, "requestsPer5Seconds": 10000}'
start_operator
cat >"$out/create.json" <<'JSON'
{"apiVersion": "duplicert.io/v1beta1", "kind": "DuplicateCertificateRequest",
 "metadata": {"name": "{name}", "namespace": "bench"},
 "spec": {"profileRef": {"name": "basic"}, "secretName": "{name}-tls",
          "commonName": "shop-{group}.example.com"}}
JSON
say "making $copies certificates of $orders orders"
"$client" create --kubeconfig "$plane/kubeconfig-bench-client" \
  --resource duplicert.io/v1beta1/duplicatecertificaterequests/DuplicateCertificateRequest \
  --namespace bench --template "$out/create.json" --count "$copies" --groups "$orders" \
  --seconds 3600 >"$out/create-run.json"

stop_pid "$operator_pid" 30
sim accounts/1010101 -X PUT -d '{"requests_per_3_minutes": 1000, "requests_per_5_seconds": 100}' \
  >/dev/null
apply_profile ''
stop_pid "$simulator_pid" 30
gcc -O1 -shared -fPIC "$here/rush/fast_time.c" -o "$out/fast_time.so"
clocks=(LD_PRELOAD="$out/fast_time.so" FAST_TIME_RATE="$rate" FAST_TIME_OFFSET=$((25 * 86400))
  FAST_TIME_ANCHOR="$(date +%s)")
start_simulator
say "25 days later, $rate times as fast: all are due"
start_operator
env "${clocks[@]}" python3 "$here/rush/watch.py" --simulator "https://127.0.0.1:$ca_port/_sim" \
  --trust "$out/ca/ca.pem" --copies "$copies" \
  --orders "$orders" --rate "$rate" --result "$out/rush.json" \
  --kubectl "$plane_tools/kubectl" --kubeconfig "$plane/kubeconfig"
