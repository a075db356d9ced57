# Checks of hack/node-test.sh about people: what the cluster's own roles view, edit and admin allow
# once the chart has added to them. Sourced by it; it gives same, k and die.
# shellcheck shell=bash disable=SC2154

# may WHO VERB RESOURCE: whether that user may do it in team-a: yes or no.
may() {
  k auth can-i "$2" "$3" -n team-a --as "$1" 2>/dev/null || true
}

# check_people: who may view a namespace sees requests, who may edit it makes them, and a profile,
# which decides about keys and money, is for its administrators.
check_people() {
  local role dcr=duplicatecertificaterequests.duplicert.io
  local profile=automationprofiles.duplicert.io ledger=certificateorders.duplicert.io
  for role in view edit admin; do
    k -n team-a create rolebinding "person-$role" --clusterrole "$role" --user "person-$role" \
      >/dev/null
  done
  wait_until 60 "the roles of people" is_aggregated
  for role in view edit admin; do
    same "$role: see requests, profiles, orders" "$(may person-$role get $dcr) $(
      may person-$role list $profile) $(may person-$role watch $ledger)" "yes yes yes"
  done
  same "view, edit, admin: make requests" "$(may person-view create $dcr) $(
    may person-edit create $dcr) $(may person-admin delete $dcr)" "no yes yes"
  same "view, edit, admin: change profiles" "$(may person-view patch $profile) $(
    may person-edit patch $profile) $(may person-admin patch $profile)" "no no yes"
  same "admin: change the ledger" "$(may person-admin patch $ledger)" no
}
is_aggregated() { [ "$(may person-admin patch automationprofiles.duplicert.io)" = yes ]; }
