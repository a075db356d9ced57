#!/usr/bin/env python3
"""Holds every status that was written against the rules of Flux and kstatus, as the e2e tests do
(tests/support/audit_check.h).

usage: statuses.py AUDIT.log

AUDIT.log: of the API server, with the objects of writes to /status. Prints how many it looked
at."""
import json
import sys

OVER = {"Refused", "Rejected", "Superseded", "Abandoned"}


def broken(item):
    status = item["status"]
    conditions = {one["type"]: one for one in status["conditions"]}
    true = {name for name, one in conditions.items() if one["status"] == "True"}
    abnormal = {"Reconciling", "Stalled"} & true
    over = item["kind"] == "AutomationProfile" or status.get("state") in OVER
    if "Ready" not in conditions:
        yield "F2: there is no condition Ready"
    if len(abnormal) == 2:
        yield "F5: Reconciling and Stalled are both True"
    if "Ready" in true and abnormal:
        yield "F1, F3, F4: Ready is True beside an abnormal one"
    if "Ready" not in true and not abnormal and not over:
        yield "F11: not Ready, and nobody is told to act or to wait"
    for name, one in conditions.items():
        if name in ("Reconciling", "Stalled", "Renewing") and name not in true:
            yield f"present and not True: {name}"
        if one.get("observedGeneration", 0) > item["metadata"]["generation"]:
            yield f"F6: ahead of the generation: {name}"


def main(path):
    looked_at, problems = 0, []
    with open(path, encoding="utf-8") as log:
        for line in log:
            if '"subresource":"status"' not in line or "duplicert.io" not in line:
                continue
            item = json.loads(line).get("responseObject", {})
            if "conditions" not in item.get("status", {}):
                continue
            looked_at += 1
            problems += [f"{rule}: {json.dumps(item['status'])}" for rule in broken(item)]
    if not looked_at:
        problems.append("no status was written: this check would always pass")
    print("".join(f"{text}\n" for text in problems), end="", file=sys.stderr)
    print(looked_at)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
