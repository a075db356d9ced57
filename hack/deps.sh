#!/usr/bin/env bash
# Installs the Debian 12 packages that Duplicert is built and tested with; fast if none is missing.
#
# usage: hack/deps.sh [--check]
#   --check   only look: exit 1 and list what is missing
#
# Needs root, or sudo without a password, to install. Otherwise it prints the command to run.
# DUPLICERT_SKIP_DEPS=1 does nothing (for systems that bring the libraries by other means).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

packages=(
  # Compiler and build.
  g++ cmake ninja-build ccache pkg-config
  # http: the client (with OpenSSL, to give it our own trust), the server.
  libcurl4-openssl-dev libcpp-httplib-dev
  # x509: keys, requests, chains, keystores; RSA keys in a quarter of OpenSSL's time.
  libssl-dev nettle-dev
  # kube, certcentral, api: JSON; kubeconfig and seeds: YAML.
  nlohmann-json3-dev libsimdjson-dev libyaml-cpp-dev
  # base: text and logs. metrics. simulator: its store. cli: flags.
  libfmt-dev libspdlog-dev prometheus-cpp-dev libsqlite3-dev libcli11-dev
  # rules: cron windows in time zones.
  libhowardhinnant-date-dev tzdata
  # Tests.
  libgtest-dev libgmock-dev
  # keytool, which reads our keystores.
  openjdk-17-jre-headless
  # Clocks that jump (SieveClock).
  faketime
  # Style (hack/format.sh, hack/test.sh --all).
  clang-format-19 clang-tidy-19
  # The scripts of hack/: probes, certificates, downloads, processes.
  curl openssl git ca-certificates python3 python3-venv procps util-linux iproute2
)

check_only=false
for arg in "$@"; do
  case $arg in
    --check) check_only=true ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$arg" ;;
  esac
done
[ "${DUPLICERT_SKIP_DEPS:-}" != 1 ] || exit 0

command -v dpkg-query >/dev/null ||
  die "this is no Debian system. Provide the equivalents of: ${packages[*]};" \
    "then set DUPLICERT_SKIP_DEPS=1"

# Prints the packages of the list that are not installed.
missing_packages() {
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" -gt 0 ] || exit 0

command_line="apt-get install --yes --no-install-recommends ${missing[*]}"
if $check_only; then
  die "missing: ${missing[*]}. Run: sudo $command_line"
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo --non-interactive true 2>/dev/null; then
    as_root=(sudo --non-interactive env DEBIAN_FRONTEND=noninteractive)
  else
    die "missing: ${missing[*]}. This needs root, run: sudo apt-get update && sudo $command_line"
  fi
fi
command -v apt-get >/dev/null || die "missing: ${missing[*]}, and there is no apt-get"

say "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
install() { "${as_root[@]}" apt-get install --yes --no-install-recommends "${missing[@]}"; }
if ! { "${as_root[@]}" apt-get update && install; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  die "apt-get failed. Run by hand: $command_line (clang 19 is in bookworm and bookworm-updates)"
fi
say "installed ${#missing[@]} packages"
