#!/usr/bin/env python3
"""Holds the alerts and the dashboard against the metrics that the operator exposes.

usage: metrics.py EXPOSED.txt ALERTS.yaml DASHBOARD.json ALERTS_TEST.yaml

Fails if one of them uses a metric, or a label of one of ours, that is not in EXPOSED.txt (an answer
of /metrics)."""
import json
import re
import sys

NAME = r"(?:duplicert|controller_runtime|workqueue|leader_election|rest_client|process)_[a-z_]+"
# Set by Prometheus, from the Pod that it reads.
TARGET_LABELS = {"namespace", "pod", "job", "instance", "le"}


def exposed(text):
    """{metric: its labels}; of a histogram under the names of its three parts."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line)
        if match and not line.startswith("#"):
            labels = set(re.findall(r"([a-z_]+)=\"", match[2] or ""))
            found.setdefault(match[1], set()).update(labels)
    return found


def used(text):
    """(metric, labels in its braces) of each mention."""
    for match in re.finditer(r"(?<![A-Za-z_])(" + NAME + r")(?:\{([^}]*)\})?", text):
        yield match[1], set(re.findall(r"([a-z_]+)\s*(?:=~|!=|!~|=)", match[2] or ""))


def main(exposed_file, *files):
    with open(exposed_file, encoding="utf-8") as file:
        known = exposed(file.read())
    problems, mentions = [], 0
    for name in files:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if name.endswith(".json"):
            text = "\n".join(target["expr"] for panel in json.loads(text)["panels"]
                             for target in panel["targets"])
        for metric, labels in used(text):
            mentions += 1
            if metric not in known:
                problems.append(f"{name}: the operator exposes no {metric}")
            elif labels - known[metric] - TARGET_LABELS:
                problems.append(f"{name}: {metric} has no label {labels - known[metric]}")
    if not mentions:
        problems.append("no metric found in any file: this check would always pass")
    print("".join(f"{text}\n" for text in sorted(set(problems))), end="", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
