#!/usr/bin/env python3
"""Adds to the JSON of a run what the API server's audit log and the CA counted meanwhile.

usage: audit.py --run FILE --audit FILE --user NAME --calls DIR --subject S --fleet N --workload W

Prints the run with "api" ({"create secrets": 10, ...}: calls of the user that the server has
answered with success or refused, watches aside) and "ca" (calls to the CA by operation).
"""
import argparse
import json
from collections import Counter
from pathlib import Path

WRITES = {"create", "update", "patch", "delete", "deletecollection"}


def api_calls(audit, user, begun, ended):
    """Calls by "verb resource", and how many of them were writes; times compare as text."""
    calls, refused = Counter(), Counter()
    with open(audit, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["user"]["username"] != user or event["verb"] == "watch":
                continue
            if not begun <= event["requestReceivedTimestamp"] <= ended:
                continue
            what = event.get("objectRef", {})
            name = what.get("resource", event["requestURI"])
            if what.get("subresource"):
                name += "/" + what["subresource"]
            calls[event["verb"] + " " + name] += 1
            code = event.get("responseStatus", {}).get("code", 0)
            if code >= 400:
                refused[f"{event['verb']} {name} {code}"] += 1
    return calls, refused


def ca_calls(directory):
    """What the CA counted between the two looks; {} if there is no CA to ask."""
    try:
        before = json.loads(Path(directory, "calls-before.json").read_text())
        after = json.loads(Path(directory, "calls-after.json").read_text())
    except FileNotFoundError:
        return {}
    grown = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: count for name, count in grown.items() if count}


def main():
    parser = argparse.ArgumentParser()
    for flag in ("run", "audit", "user", "calls", "subject", "fleet", "workload"):
        parser.add_argument("--" + flag, required=True)
    args = parser.parse_args()
    run = json.loads(Path(args.run).read_text())
    calls, refused = api_calls(args.audit, args.user, run["begun"], run["ended"])
    run.update(subject=args.subject, fleet=int(args.fleet), workload=args.workload,
               api=dict(sorted(calls.items())), api_refused=dict(refused),
               ca=ca_calls(args.calls))
    run["writes"] = sum(n for name, n in calls.items() if name.split()[0] in WRITES)
    run["reads"] = sum(calls.values()) - run["writes"]
    print(json.dumps(run))


if __name__ == "__main__":
    main()
