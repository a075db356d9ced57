#!/usr/bin/env python3
"""Turns the results of bench.sh into a table (Markdown), one JSON and plots (SVG).

usage: report.py --results DIR --out DIR
       report.py --brief FILE       a few lines about one run
Needs Python 3.9 and nothing else.
"""
import argparse
import json
from pathlib import Path

import plot

WRITES = {"create", "update", "patch", "delete", "deletecollection"}
PROCESSES = ("controller", "apiserver", "etcd", "simulator", "client")


def cpu(run, process):
    """CPU seconds of a process during a run; None if it did not take part."""
    before, after = run["before"].get(process), run["after"].get(process)
    if not before or not after:
        return None
    return after["cpu_seconds"] - before["cpu_seconds"]


def each(run, amount):
    count = run.get("ready") or run["count"]
    return None if amount is None or not count else amount / count


def cpu_each(run, process):
    seconds = each(run, cpu(run, process))
    return None if seconds is None else seconds * 1000


def rate(run):
    return run["ready"] / run["seconds"] if run.get("seconds") else None


def calls_of(run, resource):
    """Writes of one resource, Events for example."""
    return sum(count for name, count in run["api"].items()
               if name.split()[0] in WRITES and name.split()[1].split("/")[0] == resource)


def rss(run, field="rss_kib"):
    after = run["after"].get("controller")
    return after and after[field]


def brief(run):
    lines = []
    if run.get("ready"):
        lines.append(f"{run['ready']} of {run['count']} in {run['seconds']:.1f} s:"
                     f" {rate(run):.1f}/s")
        shares = [f"{name} {cpu_each(run, name):.1f}" for name in sorted(run["after"])
                  if cpu_each(run, name) is not None]
        lines.append(f"per certificate: writes {each(run, run['writes']):.2f},"
                     f" reads {each(run, run['reads']):.2f}, CPU ms " + ", ".join(shares))
    for title, counts in (("calls", run["api"]), ("refused", run.get("api_refused")),
                          ("CA", run.get("ca"))):
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{k} {v}" for k, v in counts.items()))
    if run.get("latency"):
        lines.append("latency s: " + ", ".join(f"{k} {v:.3f}" for k, v in run["latency"].items()))
    if run["workload"] in ("restart", "lists"):
        lines.append(", ".join(f"{name} {run[name]}" for name in run if "seconds" in name))
    if rss(run):
        lines.append(f"controller: {cpu(run, 'controller'):.2f} s CPU,"
                     f" RSS {rss(run) / 1024:.1f} MiB,"
                     f" peak {rss(run, 'rss_peak_kib') / 1024:.1f} MiB")
    return "\n".join("  " + line for line in lines)


class Results:
    """All runs, by subject, number of certificates and workload."""

    def __init__(self, directory):
        files = sorted(Path(directory).glob("*/*.json"))
        self.runs = [json.loads(file.read_text()) for file in files]
        self.fleets = sorted({run["fleet"] for run in self.runs})
        order = ["limit", "exchange", "duplicert", "cert-manager"]
        self.subjects = sorted({run["subject"] for run in self.runs}, key=order.index)

    def all_of(self, subject, fleet, workload):
        """All such runs, the fastest first."""
        found = [run for run in self.runs
                 if (run["subject"], run["fleet"], run["workload"]) == (subject, fleet, workload)]
        return sorted(found, key=lambda run: run.get("all_seen_seconds") or run["seconds"])

    def find(self, subject, fleet, workload):
        """The run of these that took the middle time; None if there is none."""
        found = self.all_of(subject, fleet, workload)
        return found[len(found) // 2] if found else None


def text(value, digits=1, unit=""):
    return "" if value is None else f"{value:,.{digits}f}{unit}"


def create_rows(results, fleet):
    """Rows about certificates made at once: title, and what to print of a run."""
    def limit_rate():
        run = results.find("limit", fleet, "limit")
        return rate(run) if run else None

    def share(run):
        return 100 * rate(run) / limit_rate() if limit_rate() else None

    def spread(run):
        rates = [rate(one) for one in results.all_of(run["subject"], fleet, run["workload"])]
        return f"{rates[-1]:.1f} to {rates[0]:.1f}" if len(rates) > 1 else ""

    rows = [
        ("certificates per second", lambda run: text(rate(run))),
        ("the least and the most of all runs", spread),
        ("share of the bare four writes", lambda run: text(share(run), 0, " %")),
        ("API writes per certificate", lambda run: text(each(run, run["writes"]), 2)),
        ("of them Events", lambda run: text(each(run, calls_of(run, "events")), 2)),
        ("API reads per certificate", lambda run: text(each(run, run["reads"]), 2)),
        ("CA calls per certificate",
         lambda run: text(each(run, sum(run["ca"].values())), 2) if run["ca"] else ""),
    ]
    for process in PROCESSES:
        rows.append((f"CPU of the {process} per certificate",
                     lambda run, name=process: text(cpu_each(run, name), 1, " ms")))
    for share_name in ("median", "p99"):
        rows.append((f"create to Ready, {share_name}",
                     lambda run, name=share_name: text((run.get("latency") or {}).get(name), 2,
                                                       " s")))
    rows.append(("peak RSS of the controller",
                 lambda run: text(rss(run, "rss_peak_kib") and rss(run, "rss_peak_kib") / 1024, 1,
                                  " MiB")))
    return rows


def other_rows(results, fleet):
    """Rows about the other workloads: title, workload, what to print of its run."""
    def per_request(run):
        idle = results.find(run["subject"], fleet, "idle")
        return (rss(run) - rss(idle)) / fleet if idle and rss(idle) else None

    def share_of_core(run):
        return 100 * cpu(run, "controller") / run["seconds"]

    return [
        ("RSS, nothing to do", "idle", lambda run: text(rss(run) / 1024, 1, " MiB")),
        ("RSS, all held", "steady", lambda run: text(rss(run) / 1024, 1, " MiB")),
        ("RSS per request held", "steady", lambda run: text(per_request(run), 1, " KiB")),
        ("a single one on an idle system, median", "single",
         lambda run: text(run["latency"]["median"] * 1000, 0, " ms")),
        ("renewals per second", "renew", lambda run: text(rate(run))),
        ("API writes per renewal", "renew", lambda run: text(each(run, run["writes"]), 2)),
        ("CPU of the controller per renewal", "renew",
         lambda run: text(cpu_each(run, "controller"), 1, " ms")),
        ("steady: share of one core", "steady", lambda run: text(share_of_core(run), 2, " %")),
        ("steady: API writes", "steady", lambda run: text(run["writes"], 0)),
        ("a bare client has read the lists of a start after", "lists",
         lambda run: text(run["seconds"], 2, " s")),
        ("its CPU", "lists", lambda run: text(cpu(run, "client"), 2, " s")),
        ("CPU of the API server for them", "lists",
         lambda run: text(cpu(run, "apiserver"), 2, " s")),
        ("restart: first pass after", "restart",
         lambda run: text(run["first_reconcile_seconds"], 2, " s")),
        ("restart: all seen after", "restart", lambda run: text(run["all_seen_seconds"], 2, " s")),
        ("restart: CPU until then", "restart",
         lambda run: text(run["cpu_seconds_when_all_seen"], 2, " s")),
        ("restart: CPU in the first minute", "restart",
         lambda run: text(run["cpu_seconds_in_window"], 2, " s")),
        ("restart: API writes", "restart", lambda run: text(run["writes"], 0)),
        ("restart: RSS after a minute", "restart", lambda run: text(rss(run) / 1024, 1, " MiB")),
    ]


def cells(row, runs, print_one):
    filled = ["" if run is None else print_one(run) for run in runs]
    return "| " + " | ".join([row] + filled) + " |" if any(filled) else None


def table(results, fleet):
    subjects = results.subjects
    lines = [f"### {fleet:,} certificates", "", "| | " + " | ".join(subjects) + " |",
             "|---" * (len(subjects) + 1) + "|"]
    main_of = {"limit": "limit", "exchange": "exchange"}
    creates = [results.find(name, fleet, main_of.get(name, "create")) for name in subjects]
    lines += [cells(row, creates, show) for row, show in create_rows(results, fleet)]
    for row, workload, show in other_rows(results, fleet):
        lines.append(cells(row, [results.find(name, fleet, workload) for name in subjects], show))
    return "\n".join(line for line in lines if line is not None)


def plots(results, out):
    fleet = results.fleets[-1]
    curves, bars, memory = {}, {}, {}
    for subject in results.subjects:
        run = results.find(subject, fleet, "create") or results.find(subject, fleet, subject)
        if run is None:
            continue
        if run.get("course"):
            curves[subject] = run["course"]
        bars[subject] = {name: cpu_each(run, name) or 0 for name in PROCESSES}
        points = [(p["t"], p["controller"]["rss_kib"] / 1024) for p in run["series"]
                  if "controller" in p]
        if points:
            memory[subject] = points
    plot.lines(out / "ready.svg", f"{fleet:,} certificates asked for at once: how many are ready",
               "seconds", "certificates", curves)
    plot.bars(out / "cpu.svg", "CPU time per certificate, by process", "ms", bars)
    plot.lines(out / "memory.svg", f"Memory of the controller while {fleet:,} are made", "seconds",
               "RSS, MiB", memory)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--brief")
    parser.add_argument("--results")
    parser.add_argument("--out")
    args = parser.parse_args()
    if args.brief:
        print(brief(json.loads(Path(args.brief).read_text())))
        return
    results, out = Results(args.results), Path(args.out)
    (out / "results.json").write_text(json.dumps(results.runs, indent=1) + "\n")
    tables = "\n\n".join(table(results, fleet) for fleet in results.fleets)
    (out / "table.md").write_text(tables + "\n")
    plots(results, out)


if __name__ == "__main__":
    main()
