#!/usr/bin/env bash
# Tests the image and the chart on a cluster with a real kubelet (hack/node.sh).
#
# usage: hack/node-test.sh [--binary FILE] [--keep]
#   --binary FILE  pack this binary (default: the release build)
#   --keep         leave the node up at the end, and say how to look at it
#
# What it sees, in order: the image, twice the same; the operator, waiting for its CRDs; the chart
# installed by Helm 3 with two replicas and the simulator, Ready under PodSecurity "restricted";
# `helm test`; a duplicate served by a TLS server in a Pod; what people with the roles view, edit
# and admin may do; 50 requests renewed while the leader's Pod is deleted, one duplicate for each
# key; an order bought once; metrics that the alerts use; every manifest and example taken by the
# API server, those for Flux and Argo CD applied beside their CRDs; an upgrade by Helm 4 that
# changes no certificate; no call of the operator refused, and each verb of its roles used; /debug
# from inside and outside of a Pod; an uninstall that leaves CRDs and Secrets; namespaced mode,
# installed by Helm 4, without a ClusterRole; every status that was written, by the rules of Flux
# and kstatus.
# Exit code 4: this machine does not allow a node. The last line counts the checks.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source-path=SCRIPTDIR source=node/artefacts.sh
. "$repo/hack/node/artefacts.sh"
# shellcheck source-path=SCRIPTDIR source=node/audit.sh
. "$repo/hack/node/audit.sh"
# shellcheck source-path=SCRIPTDIR source=node/people.sh
. "$repo/hack/node/people.sh"
# shellcheck source-path=SCRIPTDIR source=node/trouble.sh
. "$repo/hack/node/trouble.sh"

binary_flags=()
keep=false
while [ "$#" -gt 0 ]; do
  case $1 in
    --binary) binary_flags=(--binary "${2:?--binary needs a file}"); shift ;;
    --keep) keep=true ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

requests=50
simulator_ip=10.96.0.50
simulator=duplicert-simulator.duplicert.svc
passed=0
work=
node=

on() { "$repo/hack/node.sh" exec "$node" "$@"; }
k() { on kubectl "$@"; }

# ok TEXT: one more check has passed.
ok() {
  passed=$((passed + 1))
  say "ok: $*"
}

# same WHAT HAVE WANT
same() {
  [ "$2" = "$3" ] || die "$1: is '$2', should be '$3'"
  ok "$1: $2"
}

# wait_until SECONDS WHAT COMMAND...
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || die "not within the time: $what"
    sleep 0.5
  done
}

# ask_simulator PATH: its admin interface, verified with the trust that it has published.
ask_simulator() {
  k -n duplicert get secret duplicert-simulator -o 'jsonpath={.data.ca\.pem}' |
    base64 -d >"$work/ca.pem"
  on curl --silent --fail --cacert "$work/ca.pem" \
    --resolve "$simulator:8443:$simulator_ip" "https://$simulator:8443/_sim$1"
}

# duplicates: how many the simulated CA has issued.
duplicates() {
  ask_simulator /counts | python3 -c 'import json, sys
print(json.load(sys.stdin)["effects"].get("duplicate_create", 0))'
}

start_node() {
  say "packing the image"
  check_flags
  check_image
  python3 "$repo/hack/node/image_of.py" "$work/server.tar" localhost/tls-server:1 \
    /usr/bin/openssl "$(command -v openssl):/usr/bin/openssl"
  node=$work/node
  "$repo/hack/node.sh" up "$node" "$work/image/duplicert.tar" "$work/server.tar"
}

restricted_namespace() {
  k create namespace "$1" >/dev/null
  k label namespace "$1" pod-security.kubernetes.io/enforce=restricted >/dev/null
}

# A leader that is killed may have stored a key and not yet sent it. The next one waits for the
# settle window before it sends that, three minutes by default; the simulator lists at once what it
# has issued.
write_values() {
  cat >"$work/values.yaml" <<X
replicaCount: 2
duplicateSettleWindow: 30s
simulator: {enabled: true, clusterIP: $simulator_ip}
# The node has no DNS.
hostAliases: [{ip: $simulator_ip, hostnames: [$simulator]}]
X
}

# start_early: the operator before its CRDs waits, tells what for, and does not crash.
start_early() {
  restricted_namespace early
  on helm install duplicert "$repo/charts/duplicert" -n early --set crds.enabled=false >/dev/null
  wait_until 60 "a Pod that runs" k -n early wait --for=condition=PodReadyToStartContainers \
    pod -l app.kubernetes.io/component=controller --timeout=5s
  wait_until 60 "a warning about the CRDs" early_says "$1"
  ! k -n early exec deploy/duplicert -- duplicert probe \
    'http://127.0.0.1:8081/readyz?verbose' >"$work/readyz" 2>/dev/null || die "it is Ready"
  grep -q '\[-\]caches failed: .*install the CRDs' "$work/readyz" ||
    die "/readyz does not tell: $(cat "$work/readyz")"
  ok "without CRDs /readyz says what is missing"
}
early_says() { k -n early logs -l app.kubernetes.io/component=controller --tail=50 | grep "$1"; }

# check_early: it goes on by itself once they are there.
check_early() {
  k -n early wait --for=condition=Ready pod -l app.kubernetes.io/component=controller \
    --timeout=90s >/dev/null
  same "restarts of the operator that was there before its CRDs" "$(k -n early get pods \
    -o 'jsonpath={.items[0].status.containerStatuses[0].restartCount}')" 0
  on helm uninstall duplicert -n early --wait >/dev/null
}

check_install() {
  write_values
  restricted_namespace duplicert
  on helm3 install duplicert "$repo/charts/duplicert" -n duplicert -f "$work/values.yaml" \
    --wait --timeout 120s >"$work/notes"
  same "replicas Ready under PodSecurity restricted" \
    "$(k -n duplicert get deployment duplicert -o 'jsonpath={.status.readyReplicas}')" 2
  wait_until 60 "the simulator's profiles" \
    k -n duplicert wait --for=condition=Ready aprofile --all --timeout=5s
  ok "the simulator's profiles are Ready"
  on helm3 test duplicert -n duplicert >"$work/test.log" || die "helm test: $(cat "$work/test.log")"
  ok "helm test"
}

# request NAMESPACE NAME PROFILE: a request for shop.example.com.
request() {
  cat <<X
---
apiVersion: duplicert.io/v1beta1
kind: DuplicateCertificateRequest
metadata: {name: $2, namespace: $1}
spec:
  profileRef: {name: $3, namespace: duplicert}
  commonName: shop.example.com
  secretName: $2-tls
X
}

server_pod() {
  cat <<'X'
apiVersion: v1
kind: Pod
metadata: {name: server, namespace: team-a}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: server
    image: localhost/tls-server:1
    args: [s_server, -accept, "8443", -www, -cert, /tls/tls.crt, -cert_chain, /tls/tls.crt,
      -key, /tls/tls.key]
    readinessProbe: {tcpSocket: {port: 8443}, periodSeconds: 1}
    securityContext:
      {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    volumeMounts: [{name: tls, mountPath: /tls, readOnly: true}]
  volumes: [{name: tls, secret: {secretName: shop-tls}}]
X
}

check_server() {
  local ip
  restricted_namespace team-a
  # The Pod waits for its Secret, as it would when both are applied together.
  { server_pod && request team-a shop simulator-basic; } | k apply -f - >/dev/null
  k -n team-a wait --for=condition=Ready dcr/shop --timeout=60s >/dev/null
  k -n team-a wait --for=condition=Ready pod/server --timeout=120s >/dev/null
  ip=$(k -n team-a get pod server -o 'jsonpath={.status.podIP}')
  k -n duplicert get secret duplicert-simulator -o 'jsonpath={.data.root\.pem}' |
    base64 -d >"$work/root.pem"
  on openssl s_client -connect "$ip:8443" -servername shop.example.com -CAfile "$work/root.pem" \
    -verify_return_error -verify_hostname shop.example.com </dev/null >"$work/served" 2>&1 ||
    die "the server in the Pod: $(tail -n 20 "$work/served")"
  openssl x509 -in "$work/served" -noout -serial >"$work/served-serial"
  same "serial number that the Pod serves" \
    "$(cut -d= -f2 "$work/served-serial" | tr A-F a-f)" \
    "$(k -n team-a get dcr shop -o 'jsonpath={.status.certificate.serialNumber}')"
}

leader() {
  k -n duplicert get lease duplicert -o 'jsonpath={.spec.holderIdentity}' | sed 's/_.*//'
}

# renewed VALUE: how many Secrets of team-b record that this value was acted on.
renewed() {
  k -n team-b get secrets -l app.kubernetes.io/managed-by=duplicert -o json |
    grep -c "\"duplicert.io/renew-requested-at\": \"$1\"" || true
}
has_renewed() { [ "$(renewed "$1")" -ge "$2" ]; }

secret_column() {
  k -n team-b get secrets -l app.kubernetes.io/managed-by=duplicert \
    -o "jsonpath={range .items[*]}{.$1}{'\n'}{end}" | sort -u | sed '/^$/d' | wc -l
}

check_renewals() {
  local i before old now
  restricted_namespace team-b
  for ((i = 1; i <= requests; i++)); do request team-b "shop-$i" simulator-basic; done |
    k apply -f - >/dev/null
  k -n team-b wait --for=condition=Ready dcr --all --timeout=180s >/dev/null
  before=$(duplicates)
  same "duplicates for $((requests + 1)) requests" "$before" "$((requests + 1))"

  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  k -n team-b annotate dcr --all "duplicert.io/renew-requested-at=$now" >/dev/null
  wait_until 60 "the first renewals" has_renewed "$now" 3
  old=$(leader)
  k -n duplicert delete pod "$old" --grace-period=0 --force >/dev/null 2>&1
  say "deleted the leader $old after $(renewed "$now") of $requests renewals"
  wait_until 180 "all renewals" has_renewed "$now" "$requests"
  [ "$(leader)" != "$old" ] || die "the leader is still $old"
  ok "another Pod leads"
  k -n team-b wait --for=condition=Ready dcr --all --timeout=60s >/dev/null
  same "duplicates after $requests renewals" "$(duplicates)" "$((before + requests))"
  same "serial numbers" "$(secret_column 'metadata.annotations.duplicert\.io/serial-number')" \
    "$requests"
  same "private keys" "$(secret_column 'data.tls\.key')" "$requests"
  same "what a client must never do" \
    "$(ask_simulator /violations | python3 -c 'import json, sys
print(json.load(sys.stdin)["count"])')" 0
}

serials() { k get dcr -A -o 'jsonpath={range .items[*]}{.status.certificate.serialNumber} {end}'; }

check_upgrade() {
  local before
  before=$(serials)
  on helm upgrade duplicert "$repo/charts/duplicert" -n duplicert -f "$work/values.yaml" \
    --set workers=2,log.level=debug --wait --timeout 180s >/dev/null
  same "workers after the upgrade" "$(k -n duplicert get deployment duplicert \
    -o 'jsonpath={.spec.template.spec.containers[0].args}' | grep -o 'workers=[0-9]*')" workers=2
  wait_until 60 "a leader" k -n duplicert get lease duplicert
  [ "$(serials)" = "$before" ] || die "the upgrade changed a certificate"
  ok "the upgrade (Helm 3 to Helm 4) changed no certificate"
  ! on helm upgrade duplicert "$repo/charts/duplicert" -n duplicert -f "$work/values.yaml" \
    --set replicas=3 >"$work/wrong.log" 2>&1 || die "an unknown value was accepted"
  grep -q replicas "$work/wrong.log" ||
    die "an unknown value is not named: $(cat "$work/wrong.log")"
  ok "an unknown value is refused by its name"
}

# check_secret_lost: a new Secret for one that is gone, and the old pending key dropped.
check_secret_lost() {
  local before after
  before=$(k -n team-a get secret shop-tls -o 'jsonpath={.metadata.uid}')
  k -n team-a delete secret shop-tls >/dev/null
  wait_until 60 "a new Secret" k -n team-a get secret shop-tls
  after=$(k -n team-a get secret shop-tls -o 'jsonpath={.metadata.uid}')
  [ "$before" != "$after" ] || die "the Secret was not made anew"
  k -n team-a wait --for=condition=Ready dcr/shop --timeout=60s >/dev/null
  ok "a deleted Secret is made anew"
}

# check_order: a profile that may buy buys what no order matches, once.
check_order() {
  k -n duplicert get aprofile simulator-basic -o json | python3 -c 'import json, sys
profile = json.load(sys.stdin)
spec = profile["spec"]
spec["onNoMatchingOrder"] = "PlaceOrder"
spec["nameConstraints"] = [{"dnsNames": ["new.example.com"]}]
profile["metadata"] = {"name": "buyer", "namespace": "duplicert"}
profile.pop("status", None)
json.dump(profile, sys.stdout)' | k apply -f - >/dev/null
  request team-a new buyer | sed 's/shop.example.com/new.example.com/' | k apply -f - >/dev/null
  k -n team-a wait --for=condition=Ready dcr/new --timeout=120s >/dev/null
  same "orders in the ledger" "$(k -n duplicert get dcro --no-headers | wc -l)" 1
}

check_uninstall() {
  on helm uninstall duplicert -n duplicert --wait --timeout 120s >/dev/null
  same "CRDs after the uninstall" "$(k get crds -o name | grep -c 'duplicert\.io$')" 3
  same "requests after the uninstall" "$(k get dcr -A --no-headers | wc -l)" "$((requests + 2))"
  same "Secrets after the uninstall" "$(k get secrets -A --no-headers \
    -l app.kubernetes.io/managed-by=duplicert | wc -l)" "$((requests + 2))"
  same "roles after the uninstall" \
    "$(k get clusterroles,roles -A -l app.kubernetes.io/part-of=duplicert --no-headers \
      2>/dev/null | wc -l)" 0
}

# check_namespaced: Roles in two namespaces and no ClusterRole; other namespaces are not seen.
check_namespaced() {
  restricted_namespace team-c
  k delete namespace team-b --wait=false >/dev/null
  on helm install duplicert "$repo/charts/duplicert" -n duplicert -f "$work/values.yaml" \
    --set 'namespaces={duplicert,team-c}' --wait --timeout 120s >/dev/null
  same "ClusterRoles in namespaced mode" \
    "$(k get clusterroles,clusterrolebindings -l app.kubernetes.io/part-of=duplicert \
      --no-headers 2>/dev/null | wc -l)" 0
  request team-c shop simulator-basic | k apply -f - >/dev/null
  k -n team-c wait --for=condition=Ready dcr/shop --timeout=90s >/dev/null
  ok "a request is served in namespaced mode"
  on helm test duplicert -n duplicert >"$work/test.log" || die "helm test: $(cat "$work/test.log")"
  ok "helm test by Helm 4"
  same "list Secrets of another namespace" "$(k auth can-i list secrets -n team-a \
    --as system:serviceaccount:duplicert:duplicert || true)" no
}

clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ "$status" -ne 0 ] && [ -e "$node/ready" ]; then
    k get pods,dcr,aprofile -A >"$work/objects.log" 2>&1 || true
    k get events -A >"$work/events.log" 2>&1 || true
    k -n duplicert logs -l app.kubernetes.io/part-of=duplicert --prefix --tail=200 \
      >"$work/pods.log" 2>&1 || true
    tell_why_not_ready >"$work/readyz.log" 2>&1 || true
    tell_what_waits || true
  fi
  if $keep && [ -e "$node/ready" ]; then
    say "the node stays up: hack/node.sh exec $node kubectl get pods -A; hack/node.sh down $node"
    exit "$status"
  fi
  [ -z "$node" ] || "$repo/hack/node.sh" down "$node"
  if [ "$status" -eq 0 ]; then rm -rf -- "$work"; else say "failed; logs are in $work"; fi
  exit "$status"
}

"$repo/hack/node.sh" check || exit 4
work=$(mktemp -d -t duplicert-node.XXXXXX)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
start_node
start_early duplicatecertificaterequests
check_install
check_early
check_server
check_people
check_renewals
check_secret_lost
check_order
check_rare_verbs
check_debug
check_metrics
check_foreign
check_manifests
check_upgrade
check_rights
check_uninstall
check_namespaced
check_statuses
say "$passed checks passed"
