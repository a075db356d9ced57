#!/usr/bin/env bash
# Makes the screens in the documents anew: runs the demo, runs in it each command that a document
# shows, and puts the real output into the document.
#
# usage: hack/screens.sh [--check] [--build DIR] [FILE...]
#   --check      change nothing: exit 1 if a screen says something else than what is printed now,
#                dates, hashes and ages aside; exit 3 if the Kubernetes binaries are missing
#   --build DIR  take duplicert and kubectl-duplicert from there (default: build/dev, built first)
#   FILE         documents (default: README.md and docs/*.md)
#
# A screen stands between two comments; what is between them is replaced:
#
#   <!-- screen: kubectl get dcr -A -->
#   <!-- end of screen -->
#
# <!-- prepare: COMMAND --> runs a command and shows nothing. Commands run in the order of the
# document, in bash, in a copy of examples/ (with hack/demo/deploy in it).
# Hosts and ports of the demo become those of DigiCert.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

build=$repo/build/dev
check=
files=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --check) check=--check ;;
    --build) build=${2:?--build needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) files+=("$1") ;;
  esac
  shift
done
[ "${#files[@]}" -gt 0 ] || files=("$repo"/README.md "$repo"/docs/*.md)

build=$(realpath -m -- "$build") # commands run elsewhere

# provide_binaries: a check takes what was built, and builds nothing.
provide_binaries() {
  if [ -n "$check" ]; then
    [ -x "$build/kubectl-duplicert" ] || die "there is no build in $build"
    "$repo/hack/kube-tools.sh" --find >/dev/null && return
    [ "${REQUIRE_ENVTEST:-}" = 1 ] || exit 3
    die "the Kubernetes binaries are missing: run hack/kube-tools.sh"
  fi
  [ -f "$build/build.ninja" ] || (cd -- "$repo" && cmake --preset dev >/dev/null)
  ninja -C "$build" duplicert kubectl-duplicert >/dev/null ||
    die "the build failed: ninja -C $build duplicert kubectl-duplicert"
}

provide_binaries
work=$(mktemp -d -t duplicert-screens.XXXXXX)
trap 'rm -rf -- "$work"' EXIT
cp -r -- "$repo/examples" "$repo/hack/demo/deploy" "$work"
mv -- "$work/deploy" "$work/examples"
printf '#!/bin/sh\nexec python3 "%s" %s "%s" %s\n' "$repo/hack/lib/screens.py" "$check" \
  "$work/examples" "${files[*]@Q}" >"$work/then"
chmod +x "$work/then"
DUPLICERT_BINARY=$build/duplicert PATH=$build:$PATH "$repo/hack/demo.sh" --then "$work/then" >&2
[ -n "$check" ] || git -C "$repo" status --short -- "${files[@]}"
