#!/usr/bin/env python3
"""Holds the roles of the operator against what it did.

usage: verbs.py AUDIT.log NAMESPACE ROLES.json

AUDIT.log: of the API server, one JSON object a line. ROLES.json: a list of Roles and ClusterRoles.
Fails if a call of the ServiceAccount "duplicert" in NAMESPACE was forbidden, or if a role grants a
verb that no call has used."""
import json
import sys


# Lists are streamed as watches where the API server can do that, and read by pages where not.
FALL_BACK = "list"


def used_and_forbidden(path, user):
    used, forbidden = set(), []
    with open(path, encoding="utf-8") as log:
        for line in log:
            entry = json.loads(line)
            if entry["user"]["username"] != user or "objectRef" not in entry:
                continue
            reference = entry["objectRef"]
            resource = reference["resource"]
            if reference.get("subresource"):
                resource += "/" + reference["subresource"]
            if entry.get("responseStatus", {}).get("code") == 403:
                forbidden.append(f"{entry['verb']} {entry['requestURI']}")
            used.add((resource, entry["verb"]))
    return used, forbidden


def granted(roles):
    return {(resource, verb) for role in roles for rule in role["rules"] or []
            for resource in rule["resources"] for verb in rule["verbs"]}


def main(audit, namespace, roles_file):
    user = f"system:serviceaccount:{namespace}:duplicert"
    with open(roles_file, encoding="utf-8") as file:
        items = json.load(file)["items"]
    # Roles for people and the simulator's are not the operator's.
    skip = ("-view", "-edit", "-admin", "-simulator")
    roles = [role for role in items if not role["metadata"]["name"].endswith(skip)]
    used, forbidden = used_and_forbidden(audit, user)
    problems = [f"forbidden: {call}" for call in forbidden]
    allowed = granted(roles)
    if not roles or not used:
        problems.append("no roles or no calls found: this check would always pass")
    problems += [f"granted and never used: {verb} {resource}"
                 for resource, verb in sorted(allowed - used)
                 if verb != FALL_BACK or (resource, "watch") not in used]
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
