# cert-manager's controllers with its CA issuer, which signs in the process and asks no CA over a
# network. CERT_MANAGER_BINARY=FILE takes a binary that is called as hack/kube/cert-manager/main.go
# says; otherwise that program is built from Go modules, once (hack/kube-tools.sh cert-manager).
# CERT_MANAGER_WORKERS=N: its own default is 5 for each controller. BENCH_KEY=RSA: RSA-2048 keys.
# shellcheck shell=bash disable=SC2034,SC2154

subject_title="cert-manager"
subject_workloads=(single create renew steady restart)
subject_resource=cert-manager.io/v1/certificates/Certificate
subject_condition=Ready
subject_marker=/status/revision
subject_user=cert-manager
subject_reconciles='certmanager_controller_sync_call_count{controller="certificates-readiness"'
subject_renew_flags=(--apply-status)

# Whether it can run here without a build.
subject_available() {
  [ -x "${CERT_MANAGER_BINARY:-}" ] ||
    "$repo/hack/kube-tools.sh" --find cert-manager >/dev/null 2>&1
}

subject_prepare() {
  cert_manager=${CERT_MANAGER_BINARY:-}
  [ -n "$cert_manager" ] || cert_manager=$("$repo/hack/kube-tools.sh" cert-manager)/cert-manager
  local module=$repo/hack/kube/cert-manager go
  go=$(command -v go || echo "${XDG_CACHE_HOME:-$HOME/.cache}/duplicert/go/bin/go")
  cert_manager_crds=${CERT_MANAGER_CRDS:-$(cd -- "$module" &&
    "$go" list -m -f '{{.Dir}}' github.com/cert-manager/cert-manager)/deploy/crds}
}

# A root of its own, in the Secret that the issuer signs with.
make_issuer() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -keyout "$work/root.key" -out "$work/root.crt" -subj "/CN=bench" \
    -addext basicConstraints=critical,CA:TRUE 2>/dev/null
  kubectl -n bench create secret tls root --cert="$work/root.crt" --key="$work/root.key" >/dev/null
  echo '{"apiVersion": "cert-manager.io/v1", "kind": "Issuer",
    "metadata": {"name": "ca", "namespace": "bench"}, "spec": {"ca": {"secretName": "root"}}}' |
    kubectl apply -f - >/dev/null
}

subject_install() {
  local key='"algorithm": "ECDSA", "size": 256'
  [ "${BENCH_KEY:-ECDSA}" = ECDSA ] || key='"algorithm": "RSA", "size": 2048'
  local file
  for file in "$cert_manager_crds"/*.yaml; do
    kubectl apply --server-side -f "$file" >/dev/null
  done
  wait_crds
  make_issuer
  cat >"$work/create.json" <<JSON
{"apiVersion": "cert-manager.io/v1", "kind": "Certificate",
 "metadata": {"name": "{name}", "namespace": "bench"},
 "spec": {"secretName": "{name}-tls", "commonName": "shop.example.com",
  "dnsNames": ["shop.example.com", "www.shop.example.com"], "issuerRef": {"name": "ca"},
  "privateKey": {$key, "rotationPolicy": "Always"}}}
JSON
  # What cmctl renew does.
  cat >"$work/renew.json" <<'JSON'
{"status": {"conditions": [{"type": "Issuing", "status": "True", "reason": "ManuallyTriggered",
  "message": "asked for by the benchmark", "lastTransitionTime": "{now}"}]}}
JSON
}

subject_start() {
  local ports
  read -r -a ports < <(free_ports 1)
  subject_metrics=http://127.0.0.1:${ports[0]}/metrics
  background cert-manager "$cert_manager" "$plane/kubeconfig-cert-manager" \
    "127.0.0.1:${ports[0]}" "${CERT_MANAGER_WORKERS:-5}"
}
