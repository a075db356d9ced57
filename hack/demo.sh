#!/usr/bin/env bash
# Shows Duplicert at work on this machine: a simulated CertCentral account with one order, a
# Kubernetes control plane, the operator, and two requests in two namespaces that each get a
# duplicate of that order with a key of its own.
#
# usage: hack/demo.sh [--keep] [--then FILE] [--context NAME]
#   --keep          stay and let you look around until Ctrl-C
#   --then FILE     run this program at the end, with KUBECONFIG, kubectl on the PATH, and the URL
#                   of the simulated CA in DEMO_CA
#   --context NAME  use this context of your kubeconfig instead of a control plane of its own: the
#                   operator and the simulator run here, not in the cluster. Makes the CRDs and the
#                   namespaces duplicert-profiles, team-a and team-b, and deletes them at the end;
#                   refuses to start if one of them is there already.
#
# The first run installs packages, builds the Kubernetes binaries (about 7 min) and Duplicert; later
# runs take less than a minute. DUPLICERT_BINARY=FILE takes that binary and builds none.
# Nothing is left running. Exit code 0: everything was as it should be.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

keep=false
then=
context=
while [ "$#" -gt 0 ]; do
  case $1 in
    --keep) keep=true ;;
    --then) then=${2:?--then needs a program}; shift ;;
    --context) context=${2:?--context needs a name}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

namespaces=(duplicert-profiles team-a team-b)
teams=(team-a team-b)
work=
operator_pid=
simulator_pid=
installed=false # whether things of ours may be in somebody else's cluster

kubectl() { "$tools/kubectl" "${kube_flags[@]}" "$@"; }

build() {
  binary=${DUPLICERT_BINARY:-$repo/build/release/duplicert}
  [ -z "${DUPLICERT_BINARY:-}" ] || return 0
  local log=$repo/build/demo-build.log
  mkdir -p -- "$repo/build"
  (cd -- "$repo" && cmake --preset release && ninja -C build/release duplicert) >"$log" 2>&1 || {
    tail -n 30 -- "$log" >&2
    die "the build failed; all of it is in $log"
  }
}

# refuse_if_present: in a cluster of somebody else nothing that was there is touched.
refuse_if_present() {
  local found
  found=$(kubectl get namespaces "${namespaces[@]}" --ignore-not-found -o name)
  found+=" $(kubectl get crds --no-headers -o name | grep -F duplicert.io || true)"
  found=$(xargs <<<"$found") # one line
  [ -z "$found" ] || die "the cluster already has $found. If that is left over from a demo:" \
    "kubectl delete -k crds; kubectl delete namespace ${namespaces[*]}"
  kubectl auth can-i create customresourcedefinitions >/dev/null ||
    die "you may not create CRDs in context $context"
}

start_cluster() {
  if [ -n "$context" ]; then
    tools=$("$repo/hack/kube-tools.sh" kubectl)
    kube_flags=(--context "$context")
    refuse_if_present
    return
  fi
  "$repo/hack/control-plane.sh" up "$work/cluster" --with-kcm --owner-pid $$
  tools=$(cat "$work/cluster/tools")
  kube_flags=(--kubeconfig "$work/cluster/kubeconfig")
}

# start NAME ARG...: duplicert in the background; it ends when this script ends, however it ends.
start() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$binary" "$@" </dev/null \
    >"$work/$name.out" 2>"$work/$name.log" 9>&- &
  echo $! >"$work/$name.pid"
}

start_simulator() {
  local tries
  (umask 077 && mkdir -- "$work/ca")
  start simulator simulate --listen 127.0.0.1:0 --data "$work/ca" \
    --seed "$repo/hack/demo/seed.yaml" --polite
  simulator_pid=$(cat "$work/simulator.pid")
  for ((tries = 0; tries < 200; tries++)); do
    ca_url=$(head -n 1 "$work/simulator.out" 2>/dev/null || true)
    [ -z "$ca_url" ] || return 0
    is_running "$simulator_pid" || break
    sleep 0.05
  done
  die "the simulator did not start: $(tail -n 3 "$work/simulator.log")"
}

install_objects() {
  local trust
  installed=true
  kubectl apply -k "$repo/crds" >/dev/null
  kubectl wait --for=condition=Established --timeout=30s -f "$repo/crds/automationprofiles.yaml" \
    -f "$repo/crds/duplicatecertificaterequests.yaml" -f "$repo/crds/certificateorders.yaml" \
    >/dev/null
  kubectl apply -f "$repo/examples/profile.yaml" -f "$repo/examples/shop.yaml"
  kubectl -n duplicert-profiles create secret generic certcentral \
    --from-file=api-key="$work/ca/api-key"
  trust=$(base64 -w 0 <"$work/ca/ca.pem")
  printf '{"spec": {"account": {"url": "%s", "caBundle": "%s"}}}\n' "$ca_url" "$trust" \
    >"$work/account.json"
  kubectl -n duplicert-profiles patch automationprofile basic --type merge \
    --patch-file "$work/account.json" >/dev/null
}

start_operator() {
  local ports
  read -r -a ports < <(free_ports 2)
  metrics=127.0.0.1:${ports[0]}
  start operator run "${kube_flags[@]}" --no-leader-elect \
    --allowed-ca-hosts "$(cut -d/ -f3 <<<"$ca_url")" --log-format text \
    --metrics-address "$metrics" --health-address "127.0.0.1:${ports[1]}"
  operator_pid=$(cat "$work/operator.pid")
}

wait_ready() {
  local team
  for team in "${teams[@]}"; do
    kubectl -n "$team" wait --for=condition=Ready --timeout=90s dcr/shop >/dev/null && continue
    kubectl get aprofile,dcr -A -o wide >&2 || true
    tail -n 15 "$work/operator.log" >&2
    die "the request of $team did not become Ready"
  done
}

# secret TEAM KEY: one part of the Secret of a team. Private keys only ever pass through pipes.
secret() { kubectl -n "$1" get secret shop-tls -o "jsonpath={.data.${2//./\\.}}" | base64 -d; }

public_key_hash() { openssl pkey "$@" -pubout -outform DER | sha256sum | cut -c1-16; }

# inspect TEAM: checks the pair with openssl and prints one row of the table.
inspect() {
  local team=$1 leaf=$work/$1.pem order serial key certificate_key
  secret "$team" tls.crt >"$leaf"
  openssl verify -CAfile "$work/ca/root.pem" -untrusted "$leaf" "$leaf" >/dev/null ||
    die "$team: the chain does not verify"
  key=$(secret "$team" tls.key | public_key_hash)
  certificate_key=$(openssl x509 -in "$leaf" -noout -pubkey | public_key_hash -pubin)
  [ "$key" = "$certificate_key" ] || die "$team: the private key is not that of the certificate"
  serial=$(openssl x509 -in "$leaf" -noout -serial | cut -d= -f2)
  order=$(kubectl -n "$team" get secret shop-tls \
    -o 'jsonpath={.metadata.annotations.duplicert\.io/order-id}')
  printf '%-8s %-8s %-34s %s\n' "$team" "$order" "$serial" "$key" | tee -a "$work/rows"
}

distinct() { awk -v column="$1" '{print $column}' "$work/rows" | sort -u | wc -l; }

show() {
  local team
  printf '\n$ kubectl get dcr -A\n'
  kubectl get dcr -A
  printf '\nThe two Secrets (chain verified to the root of the CA, key matches certificate):\n'
  printf '%-8s %-8s %-34s %s\n' TEAM ORDER "SERIAL NUMBER" "PUBLIC KEY (SHA-256)"
  for team in "${teams[@]}"; do inspect "$team"; done
  [ "$(distinct 2)" -eq 1 ] || die "they are not of one order"
  [ "$(distinct 3)" -eq 2 ] || die "they share a serial number"
  [ "$(distinct 4)" -eq 2 ] || die "they share a private key"
  printf '\nOne order, two certificates, two private keys.\n'
}

explain() {
  cat <<EOF

Look around (in another terminal):
  kubectl() { '$tools/kubectl' ${kube_flags[*]@Q} "\$@"; }
  kubectl get dcr,aprofile -A
  kubectl -n team-a describe dcr shop
  kubectl -n team-a get secret shop-tls -o yaml
  kubectl apply -f '$repo/examples/wildcard.yaml'   # another order, with an extra name
  kubectl -n duplicert-profiles patch aprofile wildcard --type merge \\
    --patch-file '$work/account.json'
  kubectl -n team-a annotate --overwrite dcr shop duplicert.io/renew-requested-at=\$(date -uIs)
  curl -s http://$metrics/metrics | grep ^duplicert_
  curl -s --cacert '$work/ca/ca.pem' ${ca_url%/services/v2}/_sim/journal
Logs: $work/operator.log, $work/simulator.log
EOF
}

remove_objects() {
  say "removing what the demo made in the cluster"
  kubectl delete namespace "${namespaces[@]}" --ignore-not-found --timeout=90s >/dev/null || true
  kubectl delete -k "$repo/crds" --ignore-not-found --timeout=60s >/dev/null || true
}

clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  stop_pid "$operator_pid" 20
  if [ -n "$context" ] && $installed; then remove_objects; fi
  stop_pid "$simulator_pid" 10
  if [ -d "$work/cluster" ]; then "$repo/hack/control-plane.sh" down "$work/cluster"; fi
  if [ "$status" -eq 0 ] || [ "$status" -ge 128 ] || [ ! -e "$work/simulator.log" ]; then
    rm -rf -- "$work"
  else
    say "failed; logs are in $work"
  fi
  exit "$status"
}

"$repo/hack/deps.sh"
work=$(mktemp -d -t duplicert-demo.XXXXXX)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
say "building Duplicert"
build
start_cluster
start_simulator
say "simulator: $ca_url"
install_objects
start_operator
say "operator started; waiting for two certificates"
wait_ready
show
if [ -n "$then" ]; then
  [ -n "$context" ] || export KUBECONFIG=$work/cluster/kubeconfig
  DEMO_CA=$ca_url DUPLICERT_ALLOWED_CA_HOSTS=$(cut -d/ -f3 <<<"$ca_url") \
    PATH=$tools:$PATH "$then"
fi
if $keep; then
  explain
  say "running until Ctrl-C"
  while is_running "$operator_pid" && is_running "$simulator_pid"; do sleep 1; done
  die "the operator or the simulator ended by itself"
fi
say "done. hack/demo.sh --keep stays for a look around"
