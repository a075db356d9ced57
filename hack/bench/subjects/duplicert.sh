# Duplicert with the polite simulator over HTTPS. DUPLICERT_BINARY=FILE measures another binary,
# DUPLICERT_RUN_FLAGS adds flags to `duplicert run`, BENCH_KEY=RSA asks for RSA-2048.
# The rate limit of the CA is raised in the simulator, and in the profile to the most that it takes
# (100,000 in 3 minutes), and so is ordersPerDay: with the real service's 1,000 calls in 3 minutes
# that limit alone would be measured.
# shellcheck shell=bash disable=SC2034,SC2154

subject_title="Duplicert"
subject_workloads=(single create renew steady restart)
subject_resource=duplicert.io/v1beta1/duplicatecertificaterequests/DuplicateCertificateRequest
subject_condition=Ready
subject_marker=/status/certificate/serialNumber
subject_user=duplicert-operator
subject_reconciles='controller_runtime_reconcile_total{controller="request"'
subject_renew_flags=()
subject_lists=(--secrets app.kubernetes.io/managed-by=duplicert)

subject_prepare() {
  duplicert=${DUPLICERT_BINARY:-$repo/build/release/duplicert}
  [ -x "$duplicert" ] || die "$duplicert is missing"
}

start_simulator() {
  local tries
  mkdir -p -- "$work/ca"
  background simulator "$duplicert" simulate --listen 127.0.0.1:0 --data "$work/ca" \
    --seed "$repo/hack/bench/seed.yaml" --polite --fault chain_in_answer=on
  for ((tries = 0; tries < 200; tries++)); do
    ca_url=$(head -n 1 "$work/simulator.out" 2>/dev/null || true)
    [ -z "$ca_url" ] || return 0
    sleep 0.05
  done
  die "the simulator did not start: $(tail -n 3 "$work/simulator.log")"
}

subject_install() {
  kubectl apply --server-side -k "$repo/crds" >/dev/null
  wait_crds
  start_simulator
  subject_helpers=("simulator=$(cat "$work/simulator.pid")")
  kubectl -n bench create secret generic certcentral --from-file=api-key="$work/ca/api-key" \
    >/dev/null
  cat >"$work/profile.json" <<JSON
{"apiVersion": "duplicert.io/v1beta1", "kind": "AutomationProfile",
 "metadata": {"name": "basic", "namespace": "bench"},
 "spec": {
  "account": {"apiKeySecretRef": {"name": "certcentral"}, "url": "$ca_url",
   "caBundle": "$(base64 -w 0 <"$work/ca/ca.pem")",
   "rateLimit": {"requestsPer3Minutes": 100000, "requestsPer5Seconds": 10000}},
  "product": "ssl_basic", "organization": {"id": 550011},
  "limits": {"ordersPerDay": 1000},
  "privateKey": {"algorithm": "${BENCH_KEY:-ECDSA}"},
  "nameConstraints": [{"dnsNames": ["*.example.com"]}]}}
JSON
  kubectl apply --server-side -f "$work/profile.json" >/dev/null
  write_request_template
  cat >"$work/renew.json" <<'JSON'
{"metadata": {"annotations": {"duplicert.io/renew-requested-at": "{now}"}}}
JSON
}

subject_start() {
  local ports flags=()
  read -r -a ports < <(free_ports 2)
  read -r -a flags <<<"${DUPLICERT_RUN_FLAGS:-}"
  subject_metrics=http://127.0.0.1:${ports[0]}/metrics
  background duplicert "$duplicert" run --kubeconfig "$plane/kubeconfig-duplicert-operator" \
    --no-leader-elect --allowed-ca-hosts "$(cut -d/ -f3 <<<"$ca_url")" \
    --metrics-address "127.0.0.1:${ports[0]}" --health-address "127.0.0.1:${ports[1]}" \
    "${flags[@]}"
}

# Calls to the CA so far, by operation, as JSON.
subject_ca_calls() {
  curl --silent --noproxy '*' --cacert "$work/ca/ca.pem" \
    "${ca_url%/services/v2}/_sim/journal?limit=10000000" |
    python3 -c 'import collections, json, sys
calls = json.load(sys.stdin)["calls"]
print(json.dumps(collections.Counter(call["operation"] for call in calls)))'
}
