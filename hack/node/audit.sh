# Checks of hack/node-test.sh that read the API server's audit log, and what makes it complete.
# Sourced by it; it gives ok, k, wait_until, request, $repo, $work and $node.
# shellcheck shell=bash disable=SC2154

# check_rare_verbs: what else the roles are for. An entry of the ledger that was closed long ago is
# deleted, unless it is the newest of its group; an Event that comes again within minutes is counted
# up.
check_rare_verbs() {
  local group=order-0123456789abcdef0123 generation
  for generation in 2 1; do
    sed -e "s|^metadata:|&\n  namespace: duplicert|" -e "s|$group-1|$group-$generation|" \
      "$repo/tests/data/crd/valid/order.yaml" | k create -f - >/dev/null
    k -n duplicert patch dcro "$group-$generation" --subresource=status --type=merge \
      -p '{"status": {"state": "Abandoned", "closedAt": "2020-01-01T00:00:00Z"}}' >/dev/null
  done
  wait_until 60 "the deletion of an old entry" not k -n duplicert get dcro "$group-1"
  ok "an entry of the ledger that was closed long ago is deleted"

  request team-a wrong simulator-basic | sed 's/shop.example.com/shop.example.org/' |
    k apply -f - >/dev/null
  for _ in 1 2; do
    wait_stalled wrong NameNotAllowed
    k -n team-a patch dcr wrong --type=merge -p '{"spec": {"suspend": true}}' >/dev/null
    wait_stalled wrong Suspended
    k -n team-a patch dcr wrong --type=merge -p '{"spec": {"suspend": false}}' >/dev/null
  done
  wait_until 60 "an Event that is counted up" event_is_counted
  ok "an Event that comes again is counted up"
  k -n team-a delete dcr wrong >/dev/null
}
not() { ! "$@"; }
wait_stalled() {
  k -n team-a wait "dcr/$1" --timeout=60s \
    --for=jsonpath='{.status.conditions[?(@.type=="Stalled")].reason}'="$2" >/dev/null
}
event_is_counted() {
  k -n team-a get events.v1.events.k8s.io -o 'jsonpath={.items[*].series.count}' | grep '[0-9]'
}

# check_rights: before the uninstall takes the roles away.
check_rights() {
  python3 "$repo/hack/node/verbs.py" "$node/audit.log" duplicert \
    <(k get clusterrole,role -A -l app.kubernetes.io/part-of=duplicert -o json)
  ok "no call was refused, and each verb of the roles is used"
}

check_statuses() {
  local count
  count=$(python3 "$repo/hack/node/statuses.py" "$node/audit.log")
  ok "each of $count statuses that were written keeps Flux's and kstatus' rules"
}
