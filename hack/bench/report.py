#!/usr/bin/env python3
"""Turns the results of bench.sh into a table (Markdown), one JSON and plots (SVG).

usage: report.py --results DIR --out DIR
       report.py --brief FILE       a few lines about one run
Needs Python 3.9 and nothing else.
"""
import argparse
import json
from pathlib import Path


def cpu(run, process):
    """CPU seconds of a process during a run; None if it did not take part."""
    before, after = run["before"].get(process), run["after"].get(process)
    if not before or not after:
        return None
    return after["cpu_seconds"] - before["cpu_seconds"]


def each(run, amount):
    count = run.get("ready") or run["count"]
    return None if amount is None or not count else amount / count


def text(value, digits=1, unit=""):
    return "" if value is None else f"{value:.{digits}f}{unit}"


def rate(run):
    return run["ready"] / run["seconds"] if run.get("seconds") else None


def brief(run):
    lines = []
    if run.get("ready"):
        lines.append(f"  {run['ready']} of {run['count']} in {run['seconds']:.1f} s: {rate(run):.1f}/s")
        lines.append("  per certificate: "
                     + f"writes {each(run, run['writes']):.2f}, reads {each(run, run['reads']):.2f}, CPU ms "
                     + ", ".join(f"{name} {each(run, cpu(run, name)) * 1000:.1f}"
                                 for name in sorted(run["after"]) if cpu(run, name) is not None))
        lines.append("  calls: " + ", ".join(f"{name} {count}" for name, count in run["api"].items()))
    if run.get("api_refused"):
        lines.append(f"  refused: {run['api_refused']}")
    if run.get("ca"):
        lines.append(f"  CA: {run['ca']}")
    if run.get("latency"):
        lines.append("  latency s: " + ", ".join(f"{k} {v:.3f}" for k, v in run["latency"].items()))
    if run["workload"] == "restart":
        lines.append("  " + ", ".join(f"{name} {run[name]}" for name in run if "seconds" in name))
    after = run["after"].get("controller")
    if after:
        lines.append(f"  controller: {cpu(run, 'controller'):.2f} s CPU, RSS {after['rss_kib'] / 1024:.1f} MiB,"
                     f" peak {after['rss_peak_kib'] / 1024:.1f} MiB; writes {run['writes']}, reads {run['reads']}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--brief")
    parser.add_argument("--results")
    parser.add_argument("--out")
    args = parser.parse_args()
    if args.brief:
        print(brief(json.loads(Path(args.brief).read_text())))
        return
    runs = [json.loads(file.read_text()) for file in sorted(Path(args.results).glob("*.json"))]
    Path(args.out, "results.json").write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    main()
