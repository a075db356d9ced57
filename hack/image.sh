#!/usr/bin/env bash
# Builds the container image of Duplicert without a container registry and without a daemon: the
# binary, the shared libraries that it loads, CA certificates and time zones. No shell, no package
# manager; it runs as user 65532. The same sources and packages give the same bytes.
#
# usage: hack/image.sh [--binary FILE] [--name NAME] [--tag TAG] [--out DIR] [--arch arm64]
#        hack/image.sh --rootfs DIR [--binary FILE]
#   --binary FILE  take this binary instead of the release build (which is built otherwise)
#   --name NAME    repository of the image (default localhost/duplicert)
#   --tag TAG      (default: the version of the binary)
#   --out DIR      (default build/image)
#   --arch arm64   cross-build for it, with the libraries of that architecture (hack/cross.sh)
#   --rootfs DIR   write the files of the image into DIR and stop: for the Containerfile
#
# Writes to DIR:
#   duplicert.tar        OCI archive, for `ctr images import`, `skopeo copy`, `podman load`
#   digest               of the manifest, sha256:...
#   sbom.spdx.json       SPDX 2.3     \  every package whose files are in the image, or that was
#   sbom.cdx.json        CycloneDX 1.6/  compiled into the binary (from ninja's own record)
# Standard output: NAME:TAG@DIGEST, one line. Times in the image are $SOURCE_DATE_EPOCH, or that of
# the last commit.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

binary=
arch=
arguments=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --binary) binary=${2:?--binary needs a file}; shift ;;
    --arch) [ "${2:-}" = arm64 ] || die "--arch knows arm64"; arch=$2; shift ;;
    --name | --tag | --out | --rootfs) arguments+=("$1" "${2:?$1 needs a value}"); shift ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$1" ;;
  esac
  shift
done

if [ -n "$arch" ]; then
  sysroot=$("$repo/hack/cross.sh" "$arch")
  binary=$repo/build/$arch/duplicert
  arguments+=(--architecture "$arch" --sysroot "$sysroot" --binutils aarch64-linux-gnu-
    --version "$(sed -n 's/^project(duplicert VERSION \([0-9.]*\).*/\1/p' "$repo/CMakeLists.txt")")
elif [ -z "$binary" ]; then
  binary=$repo/build/release/duplicert
  log=$repo/build/image-build.log
  mkdir -p -- "$repo/build"
  say "building the release binary"
  (cd -- "$repo" && cmake --preset release && ninja -C build/release duplicert) >"$log" 2>&1 ||
    { tail -n 30 -- "$log" >&2; die "the build failed; all of it is in $log"; }
fi
[ -x "$binary" ] || die "no such binary: $binary"

epoch=${SOURCE_DATE_EPOCH:-$(git -C "$repo" log -1 --format=%ct 2>/dev/null || echo 0)}
revision=$(git -C "$repo" rev-parse HEAD 2>/dev/null || echo unknown)
exec python3 "$repo/hack/image/image.py" --binary "$binary" --epoch "$epoch" \
  --revision "$revision" --default-out "$repo/build/image" "${arguments[@]}"
