# What hack/node-test.sh tells when it fails; it calls these. They use its k, on and say.
# shellcheck shell=bash

# tell_why_not_ready: does a Pod that is not Ready answer itself, and the node? If only itself, it
# is the network; if neither, where its threads stand.
tell_why_not_ready() {
  local ip pid
  k -n duplicert exec deploy/duplicert -- duplicert probe 'http://127.0.0.1:8081/readyz?verbose'
  for ip in $(k -n duplicert get pods -o 'jsonpath={.items[*].status.podIP}'); do
    on curl --silent --show-error --max-time 3 "http://$ip:8081/healthz" && echo " from $ip"
  done
  on ip neighbour
  uptime
  for pid in $(pgrep -x duplicert); do
    tr '\0' ' ' <"/proc/$pid/cmdline"
    (cd "/proc/$pid/task" && grep -H . ./*/wchan ./*/comm)
  done
}

# tell_what_waits: the end of it all, on the output: of a run in CI nothing else is left.
tell_what_waits() {
  local namespace
  say "Pods, and what is not Ready:"
  k get pods -A
  k get dcr,aprofile,dcro -A -o json | python3 -c 'import json, sys
for item in json.load(sys.stdin)["items"]:
    meta = item["metadata"]
    conditions = item.get("status", {}).get("conditions", [])
    if not conditions and item["kind"] != "CertificateOrder":
        print(item["kind"], meta["namespace"], meta["name"], "has no conditions")
    for condition in conditions:
        is_fine = (condition["type"] == "Ready") == (condition["status"] == "True")
        if condition["type"] in ("Ready", "Reconciling", "Stalled") and not is_fine:
            print(item["kind"], meta["namespace"], meta["name"], condition["type"],
                  condition["status"], condition["reason"], condition["message"])
' | head -n 100
  say "the last lines of the operator:"
  for namespace in early duplicert; do
    k -n "$namespace" logs -l app.kubernetes.io/component=controller --prefix --tail=25
  done
}
