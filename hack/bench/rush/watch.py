#!/usr/bin/env python3
"""The measuring half of hack/bench/rush.sh: waits until every copy has followed its renewed order,
and holds what the CA's journal says against what the limit allows. It lives as fast as the CA: all
seconds here are seconds of the CA's clock."""
import argparse
import collections
import datetime
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
        self.began = time.monotonic()

    def get(self, path):
        url = f"{self.flags.simulator}/{path}"
        with urllib.request.urlopen(url, context=self.context, timeout=60) as answer:
            return json.load(answer)

    def done(self):
        counts = collections.Counter(self.get("counts")["effects"])
        return counts["order_place"], counts["duplicate_create"]

    def wait(self):
        """Until each copy has a second duplicate, or the certificate of the order it bought."""
        wanted = 2 * self.flags.copies - self.flags.orders
        moved, last = time.monotonic(), None
        while (now := self.done())[1] < wanted:
            if now != last:
                moved, last = time.monotonic(), now
            if time.monotonic() - moved > STUCK_SECONDS:
                sys.exit(f"rush: nothing moves at {now[0]} orders and {now[1]} duplicates")
            print(f"  {time.monotonic() - self.began:6.0f} s: {now[0]} orders, {now[1]} of {wanted}"
                  " duplicates", file=sys.stderr)
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


def at(call):
    return datetime.datetime.fromisoformat(call["at"].replace("Z", "+00:00"))


def main():
    flags = parse()
    wanted = flags.copies - flags.orders
    watch = Watch(flags)
    watch.wait()
    calls = watch.get("journal?limit=10000000")["calls"]
    # What came before, to make the copies, is 25 days older.
    day_before = at(calls[-1]) - datetime.timedelta(days=1)
    rush = [call for call in calls if at(call) > day_before]
    made = collections.Counter(call["operation"] for call in rush if call["took_effect"])
    orders, copies = made["order_place"], made["duplicate_create"]
    last = max(at(call) for call in rush if call["operation"] == "duplicate_create")
    seconds = (last - at(rush[0])).total_seconds()
    refused = sum(call["http_status"] == 429 for call in calls)
    # The first thousand may go at once, each further thousand begins three minutes later.
    allowed = (len(rush) - 1) // WINDOW_CALLS * WINDOW_SECONDS
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
