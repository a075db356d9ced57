#!/usr/bin/env bash
# Runs the commands of docs/simulator.md ("Start") as they stand there, with a directory and a port
# of its own, and checks what they show.
#
# usage: docs_commands.sh DUPLICERT DOCS
# Exit code 77: jq is missing, nothing was tested.
set -euo pipefail
binary=$(realpath -- "$1")
docs=$(realpath -- "$2")
command -v jq >/dev/null || exit 77

root=$(dirname -- "$(dirname -- "$docs")")
work=$(mktemp -d)
simulator=
clean_up() {
  [ -z "$simulator" ] || kill -- "$simulator" 2>/dev/null || true
  wait
  rm -rf -- "$work"
}
trap clean_up EXIT
cd -- "$work"

# The code blocks of the section; in one of them the simulator is started.
section() {
  awk '/^## /{ on = $0 == "## Start" } on && /^```/{ code = !code; next } on && code' "$docs"
}
start=$(section | grep -F 'duplicert simulate')
start=${start//\/tmp\/ca/$work/ca}
start=${start/hack\/demo/$root/hack/demo}
# shellcheck disable=SC2086 # words are meant to be split
"$binary" ${start#duplicert } --listen 127.0.0.1:0 >url 2>log &
simulator=$!
for _ in $(seq 100); do
  [ -s url ] && break
  sleep 0.1
done
base=$(sed 's,/services/v2$,,' url)
[ -n "$base" ] || { cat log; exit 1; }

{
  echo 'shopt -s expand_aliases'
  section | grep -vF 'duplicert simulate' |
    sed "s,/tmp/ca,$work/ca,g; s,https://127.0.0.1:8443,$base,g"
} >commands.sh
bash commands.sh >output 2>errors || true

expect() {
  grep -qF -- "$1" "$2" || {
    echo "'$1' is not in what was shown:"
    cat output errors
    exit 1
  }
}
expect '"username":"operator"' output
expect 'chain.pem: OK' output
expect 'Empty reply from server' errors
expect '"duplicate_create": 2' output
