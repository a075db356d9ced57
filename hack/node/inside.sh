#!/usr/bin/env bash
# The init of the node's namespaces: hack/node.sh starts it. It ends only by SIGKILL, or when a
# server has ended.
#
# usage: inside.sh DIR TOOLS CACHE
set -eu
dir=$1 tools=$2 cache=$3
export PATH="$tools:$cache/root/usr/bin:$cache/root/usr/sbin:$PATH"
export LD_LIBRARY_PATH="$cache/root/usr/lib/x86_64-linux-gnu:$cache/root/lib/x86_64-linux-gnu"
cd -- "$dir"
node=node1 node_ip=10.244.0.1 service_ip=10.96.0.1
group=duplicert-$(basename -- "$dir")

# What kubelet, containerd and the CNI plugins write whatever their configuration says.
for directory in /run /var/log /var/lib/cni /var/lib/kubelet; do
  mount -t tmpfs tmpfs "$directory"
done
# kubelet sets these for the whole machine: let it find what it wants to write.
mkdir masks
mask() {
  echo "$2" >"masks/$(basename "$1")"
  mount --bind "masks/$(basename "$1")" "/proc/sys/$1"
}
mask kernel/panic 10
mask kernel/panic_on_oops 1
mask vm/overcommit_memory 1

hostname "$node"
ip link set lo up
# The Service "kubernetes": the API server itself listens on its address.
ip address add "$service_ip/32" dev lo
ip link add bridge0 type bridge
ip address add "$node_ip/24" dev bridge0
ip link set bridge0 up
ip route add default dev bridge0
echo 1 >/proc/sys/net/ipv4/ip_forward

if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mkdir -p "/sys/fs/cgroup/$group"
  for controller in cpu cpuset memory pids io hugetlb; do
    for parent in /sys/fs/cgroup "/sys/fs/cgroup/$group"; do
      echo "+$controller" >"$parent/cgroup.subtree_control" 2>/dev/null || true
    done
  done
else
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy/$group"; done
  for file in cpus mems; do
    cat "/sys/fs/cgroup/cpuset/cpuset.$file" >"/sys/fs/cgroup/cpuset/$group/cpuset.$file"
  done
fi

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "gave up on: $*"; exit 1; }
    sleep 0.1
  done
}

# --- containerd ---
mkdir socket cni
socket=$dir/socket/containerd.sock
cat >containerd.toml <<X
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
[grpc]
  address = "$socket"
[ttrpc]
  address = "$socket.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:3"
  # Without CAP_SYS_RESOURCE a negative oom_score_adj cannot be written.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cache/root/usr/lib/cni"
    conf_dir = "$dir/cni"
X
cat >cni/10-bridge.conflist <<X
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
 {"type": "bridge", "bridge": "bridge0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam",
           "ranges": [[{"subnet": "10.244.0.0/24", "rangeStart": "10.244.0.10"}]],
           "routes": [{"dst": "0.0.0.0/0"}]}}]}
X
containerd -c containerd.toml >containerd.log 2>&1 &

# --- control plane; the keys live as long as the node ---
mkdir pki
(
  openssl genrsa -out pki/service-account.key 2048
  openssl rsa -in pki/service-account.key -pubout -out pki/service-account.pub
  openssl req -x509 -newkey rsa:2048 -nodes -keyout pki/ca.key -out pki/ca.crt \
    -subj "/CN=duplicert test node" -days 30
  openssl req -newkey rsa:2048 -nodes -keyout pki/client.key -out pki/client.csr \
    -subj "/O=system:masters/CN=kube-apiserver-kubelet-client"
  openssl x509 -req -in pki/client.csr -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 30 \
    -out pki/client.crt
) >openssl.log 2>&1

: >tokens.csv
# user FILE USER [GROUP]: a token and a kubeconfig.
user() {
  local token
  token=$(openssl rand -hex 16)
  echo "$token,$2,$1${3:+,$3}" >>tokens.csv
  cat >"$1.kubeconfig" <<X
apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: "https://$node_ip:443", certificate-authority: $dir/pki/apiserver.crt}
users: [{name: u, user: {token: "$token"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
X
}
user admin admin system:masters
user controller-manager system:kube-controller-manager
user scheduler system:kube-scheduler
user proxy system:kube-proxy
user kubelet "system:node:$node" system:nodes
cat >audit-policy.yaml <<'X'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
- level: RequestResponse
  userGroups: ["system:serviceaccounts"]
  resources: [{group: duplicert.io, resources: ["*/status"]}]
  omitManagedFields: true
- level: Metadata
  userGroups: ["system:serviceaccounts"]
  omitStages: [RequestReceived, Panic]
- level: None
X
etcd --name n --data-dir "$dir/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster n=http://127.0.0.1:2380 >etcd.log 2>&1 &
kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=443 --bind-address=0.0.0.0 \
  --advertise-address="$node_ip" --service-cluster-ip-range=10.96.0.0/24 \
  --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file=pki/service-account.pub \
  --service-account-signing-key-file=pki/service-account.key \
  --token-auth-file=tokens.csv --client-ca-file=pki/ca.crt --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NodeRestriction --cert-dir="$dir/pki" --allow-privileged=true \
  --kubelet-client-certificate=pki/client.crt --kubelet-client-key=pki/client.key \
  --kubelet-preferred-address-types=InternalIP \
  --audit-policy-file=audit-policy.yaml --audit-log-path="$dir/audit.log" \
  >kube-apiserver.log 2>&1 &
wait_for 30 ctr -a "$socket" version
for image in images/*.tar; do
  ctr -a "$socket" -n k8s.io images import "$image"
done
export KUBECONFIG=$dir/admin.kubeconfig
wait_for 60 kubectl get --raw /readyz
kube-controller-manager --kubeconfig=controller-manager.kubeconfig --leader-elect=false \
  --service-account-private-key-file=pki/service-account.key \
  --use-service-account-credentials=true --root-ca-file="$dir/pki/apiserver.crt" \
  --bind-address=127.0.0.1 >kube-controller-manager.log 2>&1 &
cat >scheduler.yaml <<X
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: $dir/scheduler.kubeconfig}
X
kube-scheduler --config scheduler.yaml --bind-address=127.0.0.1 >kube-scheduler.log 2>&1 &

# --- the node ---
cat >kubelet.yaml <<X
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_ip
healthzBindAddress: 127.0.0.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $dir/pki/ca.crt}
authorization: {mode: Webhook}
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /$group
containerRuntimeEndpoint: unix://$socket
syncFrequency: 10s
configMapAndSecretChangeDetectionStrategy: Watch
evictionHard:
  memory.available: 100Mi
  nodefs.available: "0%"
  nodefs.inodesFree: "0%"
  imagefs.available: "0%"
  imagefs.inodesFree: "0%"
imageGCHighThresholdPercent: 100
volumePluginDir: $dir/volume-plugins
shutdownGracePeriod: 0s
X
kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --root-dir "$dir/kubelet" \
  --cert-dir "$dir/kubelet-pki" --hostname-override "$node" --node-ip "$node_ip" \
  >kubelet.log 2>&1 &
cat >proxy.yaml <<X
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: $dir/proxy.kubeconfig}
clusterCIDR: 10.244.0.0/24
conntrack: {maxPerCore: 0, min: 0}
hostnameOverride: $node
healthzBindAddress: 127.0.0.1:10256
X
kube-proxy --config proxy.yaml >kube-proxy.log 2>&1 &

is_ready() {
  [ "$(kubectl get node "$node" \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
wait_for 60 is_ready
wait_for 30 kubectl -n default get serviceaccount default
echo "Ready after $SECONDS s"
touch ready
# A server that ends ends the node: tests must not go on against half of it.
while [ -n "$(jobs -r)" ]; do
  wait -n
  echo "a server has ended:"
  jobs
  exit 1
done
