#!/usr/bin/env bash
# Lets a client that others wrote work against the simulator: the DigiCert plugin of Lemur places
# an order, gets the certificate and lists it. See tests/conformance/lemur/place_and_list.py.
#
# usage: hack/lemur.sh [--self-test]
#   --self-test  also spoils the simulator's answers in several ways, one after the other, and fails
#                if the check does not notice one (40 s, mostly waiting)
#
# DUPLICERT_BINARY=FILE takes that binary; else build/release/duplicert, which must be there.
# The first run installs Lemur from PyPI (40 MB) under ${XDG_CACHE_HOME:-~/.cache}/duplicert/lemur.
# Exit code 0: everything was as it should be. Nothing is left running.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

self_test=false
for arg in "$@"; do
  case $arg in
    --self-test) self_test=true ;;
    -h | --help) usage; exit 0 ;;
    *) bad_flag "$arg" ;;
  esac
done

driver=$repo/tests/conformance/lemur/place_and_list.py
requirements=$repo/tests/conformance/lemur/requirements.txt
binary=${DUPLICERT_BINARY:-$repo/build/release/duplicert}
venv=${XDG_CACHE_HOME:-$HOME/.cache}/duplicert/lemur
work=
simulator_pid=

# Fields that Lemur reads, in the order in which it meets them, and the marker of PEM.
spoils=('"id"' '"status"' '"certificate"' 'BEGIN CERTIFICATE'
  '"orders"' '"serial_number"' '"page"' '"total"')

# install: once for each version of the requirements; a run that was broken off starts again.
install() {
  mkdir -p -- "$venv"
  exec 9>"$venv/lock"
  flock 9
  if ! cmp -s -- "$requirements" "$venv/installed"; then
    say "installing Lemur in $venv"
    rm -rf -- "$venv/python" "$venv/installed"
    python3 -m venv "$venv/python" || die "python3 has no venv: run hack/deps.sh"
    "$venv/python/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      --prefer-binary --requirement "$requirements" >"$venv/install.log" 2>&1 9>&- || {
      tail -n 5 -- "$venv/install.log" >&2
      die "pip could not install Lemur; all of it is in $venv/install.log"
    }
    cp -- "$requirements" "$venv/installed"
  fi
  exec 9>&-
}

start_simulator() {
  local tries
  : >"$work/simulator.out" # the loop below may be faster than the redirection
  setsid setpriv --pdeathsig TERM -- "$binary" simulate --listen 127.0.0.1:0 \
    --data "$work/ca" --seed "$repo/hack/demo/seed.yaml" --polite </dev/null \
    >"$work/simulator.out" 2>"$work/simulator.log" &
  simulator_pid=$!
  for ((tries = 0; tries < 200; tries++)); do
    ca_url=$(head -n 1 "$work/simulator.out")
    [ -z "$ca_url" ] || return 0
    is_running "$simulator_pid" || break
    sleep 0.05
  done
  die "the simulator did not start: $(tail -n 3 "$work/simulator.log")"
}

# drive ARG...: prints what Lemur did.
drive() { "$venv/python/bin/python" -B "$driver" --url "$ca_url" --data "$work/ca" "$@"; }

# must_fail WHAT ARG...: the check has to notice WHAT, and by a step of its own.
must_fail() {
  local what=$1 output
  shift
  if output=$(drive "$@"); then die "the check does not notice $what: $output"; fi
  case $output in
    "failed after "*) say "$what: $output" ;;
    *) die "with $what the check broke: $output" ;;
  esac
}

prove() {
  local spoil
  for spoil in "${spoils[@]}"; do must_fail "$spoil spelled wrongly" --spoil "$spoil"; done
  curl --silent --show-error --fail --noproxy '*' --cacert "$work/ca/ca.pem" --output /dev/null \
    -X PUT --data '{"faults":["listing_lag=1h"]}' "${ca_url%/services/v2}/_sim/faults"
  must_fail "a list without the new order"
}

clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  stop_pid "$simulator_pid" 10
  rm -rf -- "$work"
  exit "$status"
}

[ -x "$binary" ] || die "$binary is missing: build it, or set DUPLICERT_BINARY"
work=$(mktemp -d -t duplicert-lemur.XXXXXX)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
install
start_simulator
drive || die "the simulator and Lemur do not understand each other"
if $self_test; then prove; fi
say "done"
