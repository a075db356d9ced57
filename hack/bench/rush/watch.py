#!/usr/bin/env python3
"""The measuring half of hack/bench/rush.sh: waits until every copy has followed its renewed order,
and holds what the CA's journal says against what the limit allows. It lives as fast as the CA: all
seconds here are seconds of the CA's clock."""
import argparse
import collections
import json
import ssl
import subprocess
import sys
import time
import urllib.request

WINDOW_SECONDS, WINDOW_CALLS = 180, 1000
STUCK_SECONDS = 1200


def parse():
    flags = argparse.ArgumentParser(description=__doc__)
    for name in ("simulator", "trust", "result", "kubectl", "kubeconfig"):
        flags.add_argument(f"--{name}", required=True)
    for name in ("copies", "orders"):
        flags.add_argument(f"--{name}", type=int, required=True)
    flags.add_argument("--rate", type=float, required=True)
    return flags.parse_args()


class Watch:
    def __init__(self, flags):
        self.flags = flags
        self.context = ssl.create_default_context(cafile=flags.trust)
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.before = self.done()
        self.began = time.monotonic()

    def get(self, path):
        url = f"{self.flags.simulator}/{path}"
        with urllib.request.urlopen(url, context=self.context, timeout=60) as answer:
            return json.load(answer)

    def done(self):
        counts = collections.Counter(self.get("counts")["effects"])
        return counts["order_place"], counts["duplicate_create"]

    def seconds(self):
        return time.monotonic() - self.began

    def wait(self):
        moved, last = time.monotonic(), None
        while True:
            now = self.done()
            orders, copies = (a - b for a, b in zip(now, self.before))
            if now != last:
                moved, last = time.monotonic(), now
            if copies >= self.flags.copies - self.flags.orders:
                return
            if time.monotonic() - moved > STUCK_SECONDS:
                sys.exit(f"rush: nothing moves at {orders} orders and {copies} copies")
            print(f"  {self.seconds():6.0f} s: {orders} orders, {copies} copies", file=sys.stderr)
            time.sleep(30)

    def ready(self):
        text = subprocess.run(
            [self.flags.kubectl, "--kubeconfig", self.flags.kubeconfig, "-n", "bench", "get", "dcr",
             "-o", "json"], check=True, capture_output=True, text=True).stdout
        count = 0
        for item in json.loads(text)["items"]:
            conditions = {c["type"]: c["status"] for c in item["status"]["conditions"]}
            renewed = item["status"]["order"].get("renewalOf")
            count += conditions.get("Ready") == "True" and bool(renewed)
        return count


def main():
    flags = parse()
    wanted = flags.copies - flags.orders
    watch = Watch(flags)
    watch.wait()
    seconds = watch.seconds()
    orders, copies = (a - b for a, b in zip(watch.done(), watch.before))
    calls = watch.get("journal?limit=10000000")["calls"]
    first = next((i for i, call in enumerate(calls) if call["operation"] == "order_place"), 0)
    rush = calls[first:]
    refused = sum(call["http_status"] == 429 for call in calls)
    # The first thousand may go at once; each further thousand three minutes later.
    allowed = (len(rush) - WINDOW_CALLS) / WINDOW_CALLS * WINDOW_SECONDS
    deadline = time.monotonic() + 600
    while (ready := watch.ready()) < flags.copies and time.monotonic() < deadline:
        time.sleep(20)
    result = {"copies": copies, "orders": orders, "calls": len(rush), "refused": refused,
              "seconds": round(seconds), "allowed_seconds": round(allowed),
              "times_allowed": round(seconds / allowed, 3) if allowed > 0 else None,
              "ready": ready, "rate": flags.rate,
              "operations": collections.Counter(call["operation"] for call in rush)}
    with open(flags.result, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    print("| what | measured | shall be |\n|---|---|---|")
    print(f"| orders bought | {orders} | {flags.orders} |")
    print(f"| duplicates | {copies} | {wanted}: the buyers' keys have the orders' own |")
    print(f"| requests Ready with the renewed order | {ready} | {flags.copies} |")
    print(f"| calls to the CA | {len(rush)} | |")
    print(f"| calls refused (429) | {refused} | 0 |")
    print(f"| time on the CA's clock | {seconds:.0f} s | {1.1 * allowed:.0f} s: 1.1 times what the"
          " limit allows for so many calls |")
    good = (orders, copies, ready, refused) == (flags.orders, wanted, flags.copies, 0)
    return 0 if good and (allowed <= 0 or seconds <= 1.1 * allowed) else 1


if __name__ == "__main__":
    sys.exit(main())
