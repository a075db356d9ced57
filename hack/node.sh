#!/usr/bin/env bash
# A Kubernetes cluster of one real node on this machine: etcd, kube-apiserver, controller-manager,
# scheduler, kubelet, kube-proxy, containerd and runc, for tests of the image and the chart.
#
# usage: hack/node.sh check                  exit 0 if this machine allows it; else says why not, 4
#        hack/node.sh up DIR [IMAGE.tar...]  starts it; returns when the node is Ready (about 15 s)
#        hack/node.sh load DIR IMAGE.tar...  gives the node further images (OCI archives)
#        hack/node.sh exec DIR COMMAND...    runs COMMAND in the node's network, with KUBECONFIG and
#                                            the tools on PATH
#        hack/node.sh down DIR               ends it; logs stay in DIR
#
# Everything runs in mount, network, process, ipc and uts namespaces of its own: no address of the
# machine is used, none of its settings is changed, and the end of one process ends all.
# Needs root. containerd, runc, the CNI plugins and nft come from the Debian packages if they are
# installed; otherwise the packages are unpacked, not installed, below ~/.cache/duplicert/node.
# DIR must be absent or empty; its name must be unique on the machine (it names the control group).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

up_seconds_max=120
cache=${XDG_CACHE_HOME:-$HOME/.cache}/duplicert/node
packages=(containerd runc containernetworking-plugins nftables libnftables1 libnftnl11 libmnl0
  libxtables12 libedit2 libbsd0 libjansson4 conntrack libnetfilter-conntrack3 libnfnetlink0)
kube_tools=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl
  helm helm3 kubeconform oracle crds)

# why_not: prints what this machine refuses, or nothing.
why_not() {
  [ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
  unshare --mount --net --pid --ipc --uts --fork true 2>/dev/null ||
    { echo "unshare is not permitted: no namespaces of its own"; return; }
  unshare --mount bash -c 'mkdir -p /tmp/duplicert-probe/{l,u,w,m} && cd /tmp/duplicert-probe &&
    mount -t tmpfs tmpfs u && mkdir u/u u/w &&
    mount -t overlay overlay -o lowerdir=l,upperdir=u/u,workdir=u/w m' 2>/dev/null ||
    { echo "overlay file systems cannot be mounted"; return; }
  local group=/sys/fs/cgroup/memory
  [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || group=/sys/fs/cgroup
  mkdir "$group/duplicert-probe-$$" 2>/dev/null && rmdir "$group/duplicert-probe-$$" ||
    { echo "control groups cannot be made in $group"; return; }
  unshare --net bash -c 'ip link add probe0 type bridge' 2>/dev/null ||
    { echo "network bridges cannot be made"; return; }
}

# fetch_packages: unpacks the Debian packages into the cache, once.
fetch_packages() {
  [ ! -e "$cache/complete" ] || return 0
  command -v apt-get >/dev/null || die "needs apt-get, or containerd, runc, nft and the CNI plugins"
  local work
  mkdir -p -- "$cache"
  work=$(mktemp -d "$cache/.get.XXXXXX")
  say "fetching ${packages[*]}"
  (cd -- "$work" && { apt-get download "${packages[@]}" ||
    { apt-get update && apt-get download "${packages[@]}"; }; }) >"$cache/apt.log" 2>&1 ||
    { tail -n 5 -- "$cache/apt.log" >&2; die "apt-get download failed"; }
  rm -rf -- "$cache/root"
  for file in "$work"/*.deb; do dpkg -x "$file" "$cache/root"; done
  gcc -Os -static -o "$cache/pause" "$repo/hack/node/pause.c"
  strip "$cache/pause"
  rm -rf -- "$work"
  touch -- "$cache/complete"
}

up() {
  local reason pid deadline
  reason=$(why_not)
  [ -z "$reason" ] || { say "no node on this machine: $reason"; exit 4; }
  mkdir -p -- "$dir"
  [ -z "$(ls -A -- "$dir")" ] || die "$dir is not empty"
  fetch_packages
  tools=$("$repo/hack/kube-tools.sh" "${kube_tools[@]}")
  echo "$tools" >"$dir/tools"
  mkdir -- "$dir/images"
  python3 "$repo/hack/node/image_of.py" "$dir/images/pause.tar" localhost/pause:3 /pause \
    "$cache/pause:/pause"
  for image in "$@"; do ln -s -- "$(realpath -- "$image")" "$dir/images/"; done
  mkdir -p -- /var/lib/cni /var/lib/kubelet # mount points; what is mounted there is private
  setsid unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc \
    bash "$repo/hack/node/inside.sh" "$dir" "$tools" "$cache" </dev/null >"$dir/inside.log" 2>&1 \
    9>&- &
  pid=$!
  echo "$pid" >"$dir/unshare.pid"
  deadline=$((SECONDS + up_seconds_max))
  until [ -e "$dir/ready" ]; do
    if ! is_running "$pid" || [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 15 "$dir/inside.log" >&2
      stop
      die "the node did not become Ready; logs are in $dir"
    fi
    pgrep -P "$pid" >"$dir/init.pid" || true
    sleep 0.2
  done
  say "the node is Ready"
}

stop() {
  local pid group
  # The init of the process namespace takes all others with it.
  if pid=$(cat "$dir/init.pid" 2>/dev/null) && [ -n "$pid" ] &&
    [ "$(ps -o ppid= -p "$pid" | tr -d ' ')" = "$(cat "$dir/unshare.pid")" ]; then
    kill -KILL "$pid" 2>/dev/null || true
  fi
  stop_pid "$(cat "$dir/unshare.pid" 2>/dev/null || true)" 5
  group=duplicert-$(basename -- "$dir")
  for parent in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -d "$parent/$group" ] || find "$parent/$group" -depth -type d -exec rmdir {} \; || true
  done
  rmdir -- /var/lib/cni /var/lib/kubelet 2>/dev/null || true
  rm -rf -- "$dir"/{etcd,containerd,kubelet,pki,socket,images,ready,init.pid,unshare.pid}
}

# in_node FLAGS... -- COMMAND...: with the namespaces that FLAGS name.
in_node() {
  local flags=()
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  exec nsenter --target "$(cat "$dir/init.pid")" "${flags[@]}" \
    env KUBECONFIG="$dir/admin.kubeconfig" NO_PROXY='*' no_proxy='*' \
    PATH="$(cat "$dir/tools"):$cache/root/usr/bin:$PATH" "$@"
}

[ "$#" -gt 0 ] || { usage >&2; exit 2; }
command=$1
shift
case $command in
  -h | --help) usage; exit 0 ;;
  check)
    reason=$(why_not)
    [ -z "$reason" ] || { say "no node on this machine: $reason"; exit 4; }
    exit 0 ;;
esac
dir=${1:?$command needs a directory}
shift
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
case $command in
  up) up "$@" ;;
  exec) in_node --net -- "$@" ;;
  load)
    for image in "$@"; do
      (in_node --net --mount --pid --ipc --uts -- ctr -a "$dir/socket/containerd.sock" \
        -n k8s.io images import "$(realpath -- "$image")")
    done ;;
  down) stop ;;
  *) bad_flag "$command" ;;
esac
