#!/usr/bin/env bash
# Shows that the tests of controller/rules notice mistakes: breaks one line at a time in a copy,
# and expects unit_rules or property_rules to fail. Not part of the tests: 10 to 20 s per mutant.
#
# usage: hack/mutants.sh [--build DIR] [--property] [NAME...]
#   --build DIR  where the copy and its build go (default: build/mutants)
#   --property   with property_rules alone, the proofs over all states and all crash schedules
#   NAME...      only these mutants; without: all. The names are the first column of the table.
#
# Ends with 1 if a mutant lives, or if a line of the table no longer changes its file.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/common.sh"

# name | file in controller/rules | sed expression
table=$(
  cat <<'TABLE'
no_settle_window | rules_pending.cpp | s/if (seen.now >= settled) return/return/
submit_while_the_ca_is_away | rules_pending.cpp | s/if (!seen.ca_error) return/if (!seen.ca_error || seen.ca.orders) return/
ignore_deletion | rules_request.cpp | s/if (!pass.seen.request.meta.deletion_time) return/return/
ignore_suspension | rules_request.cpp | s/if (!seen.request.spec.suspend) return/return/
ignore_other_owners | standing.cpp | s/owner == SecretOwner::kNobody) return/owner == SecretOwner::kForeign) return/
ignore_namespace_consent | rules_request.cpp | s/if (seen.profile->namespace_allowed) return/return/
ignore_name_constraints | rules_request.cpp | s/if (!refused) return/return/
drop_the_key_while_pending | rules_pending.cpp | s/if (!pending.usable) return/if (!pending.usable || pending.submitted_at) return/
wait_in_the_past | rules_pending.cpp | s/return seen.now + poll_interval/return seen.now - poll_interval/
retry_after_nothing | rules_pending.cpp | s/retry_after, 1s, kWaitMax/retry_after, 0s, kWaitMax/
no_public_key_check | rules_pending.cpp | s/if (issued.leaf->public_key_sha256 != /if (false \&\& issued.leaf->public_key_sha256 != /
no_name_check | rules_pending.cpp | s/if (!leaf_satisfies(/if (false \&\& !leaf_satisfies(/
no_expiry_check | rules_pending.cpp | s/if (issued.leaf->not_after <= seen.now) return/if (false) return/
install_without_a_leaf | rules_pending.cpp | s/return issued.problem.empty() ? "it cannot be read" : issued.problem/return issued.problem/
no_look_before_sending_again | rules_pending.cpp | s/if (never_left) return/return/
no_look_after_a_refusal | rules_pending.cpp | s/if (!seen.pending || !seen.pending->submitted_at || seen.ca.listed) return/if (!seen.pending || !seen.pending->submitted_at || seen.ca.listed || seen.pending->refusal) return/
forget_what_was_accepted | rules_pending.cpp | s/if (!accepted) return/return/
send_for_ever | rules_pending.cpp | s/kSendsMax = 3/kSendsMax = 300/
first_of_several_duplicates | rules_pending.cpp | s/if (entry.issued && better) best/if (entry.issued \&\& best == nullptr) best/
ask_for_ever | rules_pending.cpp | s/!seen.pending->submitted_at || seen.ca.listed) return/!seen.pending->submitted_at) return/
loop_on_copies_as_short | rules_order.cpp | s/if (outlives(latest, .*)) return/return/
keep_a_key_for_another_order | rules_order.cpp | s/if (match.latest->id != seen.pending->order_id) {/if (false) {/
keep_a_key_for_other_names | rules_order.cpp | s/if (is_same(seen.pending->names, match.names)) return/return/
not_ready_while_renewing | report.cpp | s/if (standing.usable \&\& !expires_soon/if (standing.need == Need::kNone \&\& !expires_soon/
stalled_beside_reconciling | report.cpp | s/api::remove_condition(conditions, stalled ? api::kReconciling : api::kStalled);//
status_of_every_poll | report.cpp | s/if (\*wait->until - seen.now <= kPollsUpTo) return/if (false) return/
no_end_of_grace | report.cpp | s/return age >= kGrace/return false/
earliest_order | match_orders.cpp | s/return rank(a) > rank(b)/return rank(a) < rank(b)/
wildcards_for_free | names.cpp | s/is_prefixed(other, "\*\.", name);/is_prefixed(other, "*.", name) || is_prefixed(name, "*.", other);/
renew_in_a_loop | renewal.cpp | s/life \* 2 \/ 3/life/
TABLE
)

build=$repo/build/mutants
tests=(unit_rules property_rules)
wanted=()
while [ "$#" -gt 0 ]; do
  case $1 in
    --build) build=${2:?--build needs a directory}; shift ;;
    --property) tests=(property_rules) ;;
    -h | --help) usage; exit 0 ;;
    -*) bad_flag "$1" ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

copy=$build/source
log=$build/log
mkdir -p -- "$copy"
sync_sources() {
  (cd -- "$repo" && tar -c CMakeLists.txt cmake pkg controller tests hack) | tar -x -C "$copy"
}

# are_green: builds the tests of the copy and runs them until one fails.
are_green() {
  ninja -C "$build" "${tests[@]}" >"$log" 2>&1 || { tail -n 20 -- "$log" >&2; die "does not build"; }
  local test
  for test in "${tests[@]}"; do
    timeout 300 "$build/tests/$test" --gtest_brief=1 --gtest_fail_fast >"$log" 2>&1 || return 1
  done
}

is_wanted() {
  local name
  [ "${#wanted[@]}" -eq 0 ] && return 0
  for name in "${wanted[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

say "building the copy"
sync_sources
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 >"$log"
are_green || { cat -- "$log" >&2; die "the tests fail without a mutant"; }

alive=0
while IFS='|' read -r name file expression; do
  name=${name// /} file=${file// /}
  # The expression may hold bars of its own: read keeps them in the last field.
  expression=${expression# }
  is_wanted "$name" || continue
  target=$copy/controller/rules/$file
  sed -i -e "$expression" "$target"
  if cmp -s "$repo/controller/rules/$file" "$target"; then
    say "$name: the table is out of date, it changes nothing in $file"
    alive=$((alive + 1))
    continue
  fi
  if are_green; then
    say "$name: LIVES"
    alive=$((alive + 1))
  else
    say "$name: killed by $(grep -m1 -oE '\[  FAILED  \] [A-Za-z/]+\.[A-Za-z/]+' "$log" || echo 'a crash')"
  fi
  cp -- "$repo/controller/rules/$file" "$target"
done <<<"$table"
[ "$alive" -eq 0 ] || die "$alive of the mutants live"
say "every mutant was killed"
