#!/usr/bin/env bash
# Starts and stops a Kubernetes control plane on this machine, for tests and the demo.
#
# usage: hack/control-plane.sh up DIR [--with-kcm] [--user NAME[=CLUSTERROLE]]... [--owner-pid PID]
#                                     [--brief-audit] [--no-build]
#        hack/control-plane.sh down DIR
#        hack/control-plane.sh start DIR SERVER     SERVER: etcd, kube-apiserver,
#        hack/control-plane.sh stop DIR SERVER              kube-controller-manager
#
# up    starts etcd and kube-apiserver on free ports of 127.0.0.1 and returns when they are ready
#       (about 5 s). Everything is in DIR, which must be empty or absent:
#         kubeconfig, kubeconfig-USER   admin is in system:masters; duplicert-operator is bound to
#                                       cluster-admin unless --user says another role
#         tokens/USER                   made at run time, mode 0600
#         admin.crt, admin.key          a client certificate of system:masters
#         ca.crt, url                   of the API server
#         audit.log                     one JSON line per request: who, what, which answer; of
#                                       statuses of ours also the object
#         SERVER.log, SERVER.pid
#       --with-kcm       kube-controller-manager too: garbage collection, namespace deletion
#       --user           one more user, bound to a cluster role if one is given
#       --owner-pid PID  stop everything when that process ends, however it ends
#       --brief-audit    log no contents of statuses: for benchmarks, of which they would be a part
#       --no-build       exit 3 if a binary is missing (see hack/kube-tools.sh)
# down  ends them by pid and waits; logs and data stay. No error if nothing runs.
# stop, start  one server, for tests of outages; same port, same data.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

servers=(etcd kube-apiserver kube-controller-manager)
start_seconds_max=60

# launch SERVER ARG...: in a session of its own, so that Ctrl-C reaches only the script that will
# stop it in order; file descriptors of the caller are not held.
launch() {
  local server=$1
  shift
  setsid "$tools/$server" "$@" </dev/null >>"$dir/$server.log" 2>&1 &
  echo $! >"$dir/$server.pid"
}

# pid_of SERVER: its pid if that process is still ours; a pid that was given to another program
# since then is not touched.
pid_of() {
  local pid arguments
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
  is_running "$pid" || return 1
  arguments=$(ps -ww -o args= -p "$pid") || return 1
  case $arguments in *"$dir"*) echo "$pid" ;; *) return 1 ;; esac
}

# wait_ready SERVER URL: until URL answers 200; fails if the server ends first.
wait_ready() {
  local server=$1 url=$2 deadline=$((SECONDS + start_seconds_max))
  until curl --silent --fail --output /dev/null --max-time 2 --noproxy '*' \
    --cacert "$dir/ca.crt" "$url"; do
    if [ "$SECONDS" -ge "$deadline" ] || ! pid_of "$server" >/dev/null; then
      say "$server did not become ready; the end of $dir/$server.log:"
      tail -n 15 "$dir/$server.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

start_etcd() {
  local client=http://127.0.0.1:$etcd_port peer=http://127.0.0.1:$peer_port
  launch etcd --name default --data-dir "$dir/etcd" --unsafe-no-fsync \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "default=$peer" --log-level warn
  wait_ready etcd "$client/health"
}

start_kube-apiserver() {
  launch kube-apiserver --etcd-servers "http://127.0.0.1:$etcd_port" \
    --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$api_port" \
    --cert-dir "$dir" --tls-cert-file "$dir/apiserver.crt" \
    --tls-private-key-file "$dir/apiserver.key" \
    --service-cluster-ip-range 10.0.0.0/24 --endpoint-reconciler-type none \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$dir/service-account.key" \
    --service-account-signing-key-file "$dir/service-account.key" \
    --client-ca-file "$dir/ca.crt" \
    --token-auth-file "$dir/tokens.csv" --authorization-mode Node,RBAC \
    --audit-policy-file "$dir/audit-policy.yaml" --audit-log-path "$dir/audit.log" \
    --allow-privileged=true --profiling=false
  wait_apiserver
}

wait_apiserver() { wait_ready kube-apiserver "$(cat "$dir/url")/readyz"; }

start_kube-controller-manager() {
  launch kube-controller-manager --kubeconfig "$dir/kubeconfig" \
    --bind-address 127.0.0.1 --secure-port "$kcm_port" --cert-dir "$dir" \
    --tls-cert-file "$dir/apiserver.crt" --tls-private-key-file "$dir/apiserver.key" \
    --service-account-private-key-file "$dir/service-account.key" --root-ca-file "$dir/ca.crt" \
    --use-service-account-credentials=true --leader-elect=false --profiling=false
  wait_ready kube-controller-manager "https://127.0.0.1:$kcm_port/healthz"
}

stop_server() {
  local pid
  if pid=$(pid_of "$1"); then stop_pid "$pid" 2; fi
  rm -f -- "$dir/$1.pid"
}

stop_all() {
  local server
  rm -f -- "$dir/watched"
  for server in kube-controller-manager kube-apiserver etcd; do stop_server "$server"; done
}

# make_certificates: one authority for this control plane, the servers' certificate, that of a
# client, and the key that signs service-account tokens. ECDSA: fast to make.
make_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  openssl req -x509 "${key[@]}" -keyout "$dir/ca.key" -out "$dir/ca.crt" -days 30 \
    -subj "/CN=duplicert test control plane" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign
  openssl req "${key[@]}" -keyout "$dir/apiserver.key" -out "$dir/apiserver.csr" \
    -subj /CN=kube-apiserver
  printf '%s\n' "subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc" \
    extendedKeyUsage=serverAuth >"$dir/apiserver.ext"
  openssl x509 -req -in "$dir/apiserver.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -days 30 \
    -extfile "$dir/apiserver.ext" -out "$dir/apiserver.crt"
  openssl req "${key[@]}" -keyout "$dir/admin.key" -out "$dir/admin.csr" \
    -subj "/O=system:masters/CN=admin-by-certificate"
  printf 'extendedKeyUsage=clientAuth\n' >"$dir/admin.ext"
  openssl x509 -req -in "$dir/admin.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -days 30 \
    -extfile "$dir/admin.ext" -out "$dir/admin.crt"
  openssl ecparam -name prime256v1 -genkey -noout -out "$dir/service-account.key"
  rm -f -- "$dir/ca.key" "$dir"/{apiserver,admin}.{csr,ext}
}

# write_kubeconfig USER FILE
write_kubeconfig() {
  cat >"$2" <<EOF
apiVersion: v1
kind: Config
current-context: $1
clusters:
- name: duplicert
  cluster: {server: "$(cat "$dir/url")", certificate-authority-data: $(base64 -w 0 <"$dir/ca.crt")}
users:
- name: $1
  user: {token: $(cat "$dir/tokens/$1")}
contexts:
- name: $1
  context: {cluster: duplicert, user: $1}
EOF
}

# write_users: a token, a line of the token file and a kubeconfig for each user.
write_users() {
  local user groups
  mkdir -p -- "$dir/tokens"
  : >"$dir/tokens.csv"
  for user in "${!roles[@]}"; do
    groups=
    [ "$user" != admin ] || groups=',"system:masters"'
    openssl rand -hex 16 >"$dir/tokens/$user"
    printf '%s,%s,%s%s\n' "$(cat "$dir/tokens/$user")" "$user" "$user" "$groups" >>"$dir/tokens.csv"
    write_kubeconfig "$user" "$dir/kubeconfig-$user"
  done
  cp -- "$dir/kubeconfig-admin" "$dir/kubeconfig"
}

write_audit_policy() {
  cat >"$dir/audit-policy.yaml" <<'EOF'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
- level: None
  users: ["system:apiserver", "system:kube-controller-manager"]
- level: None
  nonResourceURLs: ["/healthz*", "/livez*", "/readyz*"]
# Tests hold every status that is ever written against the rules of those who read it.
- level: RequestResponse
  resources: [{group: duplicert.io, resources: ["*/status"]}]
  omitManagedFields: true
- level: Metadata
EOF
  if $brief_audit; then
    sed -i 's/RequestResponse/Metadata/; /omitManagedFields/d' "$dir/audit-policy.yaml"
  fi
}

bind_roles() {
  local user
  for user in "${!roles[@]}"; do
    [ -n "${roles[$user]}" ] || continue
    printf '%s\n' --- 'apiVersion: rbac.authorization.k8s.io/v1' 'kind: ClusterRoleBinding' \
      "metadata: {name: duplicert-test-$user}" \
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${roles[$user]}}" \
      "subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: $user}]"
  done | "$tools/kubectl" --kubeconfig "$dir/kubeconfig" create -f - >/dev/null
}

# choose_ports: kept in DIR, because a server must come back on the port that its clients know.
choose_ports() {
  local ports
  read -r -a ports < <(free_ports 4)
  printf 'etcd_port=%s peer_port=%s api_port=%s kcm_port=%s\n' "${ports[@]}" >"$dir/ports"
  # shellcheck disable=SC1091
  . "$dir/ports"
  echo "https://127.0.0.1:$api_port" >"$dir/url"
}

# watch_owner PID: in the background, until PID has ended or `down` was called.
watch_owner() {
  : >"$dir/watched"
  # shellcheck disable=SC2016
  setsid bash -c 'while kill -0 "$1" && [ -e "$2/watched" ]; do sleep 1; done
    exec "$3" down "$2"' watch "$1" "$dir" "$repo/hack/control-plane.sh" \
    </dev/null >/dev/null 2>&1 &
}

command_up() {
  mkdir -p -- "$dir"
  [ -z "$(ls -A -- "$dir")" ] || die "$dir is not empty"
  dir=$(cd -- "$dir" && pwd -P)
  umask 077
  local wanted=(etcd kube-apiserver kubectl)
  if $with_kcm; then wanted+=(kube-controller-manager); fi
  tools=$("$repo/hack/kube-tools.sh" "${find_flag[@]}" "${wanted[@]}")
  echo "$tools" >"$dir/tools"

  trap 'stop_all' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  [ -z "$owner_pid" ] || watch_owner "$owner_pid"
  make_certificates 2>"$dir/openssl.log" || die "openssl failed: $(tail -n 3 "$dir/openssl.log")"
  choose_ports
  write_users
  write_audit_policy
  start_etcd
  start_kube-apiserver
  bind_roles
  if $with_kcm; then start_kube-controller-manager; fi
  trap - EXIT INT TERM HUP
  say "ready: $(cat "$dir/url"), kubeconfig $dir/kubeconfig"
}

# load_state: for the commands that work on a control plane that is there.
load_state() {
  dir=$(cd -- "$dir" && pwd -P)
  [ -f "$dir/ports" ] || die "$dir holds no control plane"
  umask 077
  tools=$(cat "$dir/tools")
  # shellcheck disable=SC1091
  . "$dir/ports"
}

known_server() {
  local server
  for server in "${servers[@]}"; do [ "$server" != "$1" ] || return 0; done
  die "unknown server '$1': one of ${servers[*]}"
}

etcd_port='' peer_port='' api_port='' kcm_port='' # choose_ports and load_state set them
with_kcm=false
brief_audit=false
owner_pid=
find_flag=()
declare -A roles=([admin]='' [duplicert-operator]=cluster-admin)
words=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --with-kcm) with_kcm=true ;;
    --no-build) find_flag=(--find) ;;
    --brief-audit) brief_audit=true ;;
    --owner-pid) owner_pid=${2:?--owner-pid needs a pid}; shift ;;
    --user)
      role=
      case ${2:?--user needs a name} in *=*) role=${2#*=} ;; esac
      roles[${2%%=*}]=$role
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) words+=("$1") ;;
  esac
  shift
done
[ "${#words[@]}" -ge 2 ] || { usage >&2; exit 2; }
dir=${words[1]}

case ${words[0]} in
  up) command_up ;;
  down)
    [ -d "$dir" ] || exit 0
    dir=$(cd -- "$dir" && pwd -P)
    stop_all
    ;;
  start)
    load_state
    known_server "${words[2]:-}"
    pid_of "${words[2]}" >/dev/null || "start_${words[2]}"
    if pid_of kube-apiserver >/dev/null; then wait_apiserver; fi
    ;;
  stop)
    load_state
    known_server "${words[2]:-}"
    stop_server "${words[2]}"
    ;;
  *) bad_flag "${words[0]}" ;;
esac
