#!/usr/bin/env bash
# Builds duplicert for another architecture with Debian's cross compiler, for hack/image.sh --arch.
#
# usage: hack/cross.sh arm64 [--jobs N]
#
# The libraries of that architecture are downloaded by apt with a configuration of its own and
# unpacked into a sysroot, ${XDG_CACHE_HOME:-~/.cache}/duplicert/cross/arm64: nothing of this
# machine's packages changes but that g++-aarch64-linux-gnu is installed (root, or sudo without a
# password). The binary is build/arm64/duplicert; tests are not built.
# Standard output: the sysroot, one line.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

jobs=$(nproc)
arch=
while [ "$#" -gt 0 ]; do
  case $1 in
    arm64) arch=$1 ;;
    --jobs) jobs=${2:?--jobs needs a number}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done
[ -n "$arch" ] || { usage >&2; exit 2; }
triplet=aarch64-linux-gnu
compiler=g++-$triplet
cache=${XDG_CACHE_HOME:-$HOME/.cache}/duplicert/cross/$arch

# What the binary is linked with, and what the image has beside them.
packages=(libc6-dev libstdc++-12-dev libcurl4-openssl-dev libcpp-httplib-dev libssl-dev nettle-dev
  libyaml-cpp-dev libfmt-dev libspdlog-dev prometheus-cpp-dev libsqlite3-dev
  libhowardhinnant-date-dev zlib1g-dev nlohmann-json3-dev libsimdjson-dev libcli11-dev
  base-files ca-certificates openssl tzdata)

install_compiler() {
  if command -v "$triplet-g++" >/dev/null; then return; fi
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo --non-interactive)
  say "installing $compiler"
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --yes --no-install-recommends \
    "$compiler" >"$cache/compiler.log" 2>&1 ||
    die "run: sudo apt-get install $compiler (log: $cache/compiler.log)"
}

# apt_for ARGUMENT...: apt for that architecture alone, as if nothing were installed.
apt_for() {
  apt-get -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State=$cache/apt" \
    -o "Dir::State::status=$cache/apt/status" -o "Dir::Cache=$cache/apt" \
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root "$@"
}

# unpack PACKAGE: its files, and what dpkg would note of them: hack/image.sh asks for that.
unpack() {
  local name database=$cache/sysroot/var/lib/dpkg
  name=$(dpkg-deb -f "$1" Package)
  dpkg -x "$1" "$cache/sysroot"
  dpkg-deb --fsys-tarfile "$1" | tar -t | sed 's|^\.||; s|/$||; s|^$|/.|' \
    >"$database/info/$name.list"
  { dpkg-deb -f "$1" | sed '1a Status: install ok installed'; echo; } >>"$database/status"
}

# make_sysroot: once for each list of packages.
make_sysroot() {
  local file
  [ "$(cat "$cache/complete" 2>/dev/null)" != "${packages[*]}" ] || return 0
  say "fetching the libraries of $arch"
  rm -rf -- "$cache/apt" "$cache/sysroot"
  mkdir -p -- "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/sysroot"
  : >"$cache/apt/status"
  { apt_for update && apt_for --download-only --yes install "${packages[@]}"; } \
    >"$cache/apt.log" 2>&1 || { tail -n 5 -- "$cache/apt.log" >&2; die "apt failed for $arch"; }
  mkdir -p -- "$cache/sysroot/var/lib/dpkg/info"
  for file in "$cache"/apt/archives/*.deb; do unpack "$file"; done
  # As on an installed system: /lib is usr/lib, and links do not leave the sysroot.
  cp -a -- "$cache/sysroot/lib/." "$cache/sysroot/usr/lib/"
  rm -rf -- "$cache/sysroot/lib"
  ln -s usr/lib "$cache/sysroot/lib"
  echo "${packages[*]}" >"$cache/complete"
}

build() {
  local log=$repo/build/$arch.log
  mkdir -p -- "$repo/build"
  say "building duplicert for $arch"
  { PKG_CONFIG_SYSROOT_DIR=$cache/sysroot PKG_CONFIG_PATH= \
    PKG_CONFIG_LIBDIR=$cache/sysroot/usr/lib/$triplet/pkgconfig:$cache/sysroot/usr/share/pkgconfig \
    cmake -S "$repo" -B "$repo/build/$arch" -G Ninja --toolchain "$repo/cmake/cross.cmake" \
    -DDUPLICERT_CROSS="$triplet" -DCMAKE_SYSROOT="$cache/sysroot" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE="-O2 -g1" -DDUPLICERT_TESTS=OFF &&
    ninja -C "$repo/build/$arch" -j "$jobs" duplicert; } >"$log" 2>&1 ||
    { tail -n 30 -- "$log" >&2; die "the build for $arch failed; all of it is in $log"; }
}

mkdir -p -- "$cache"
install_compiler
make_sysroot
build
echo "$cache/sysroot"
