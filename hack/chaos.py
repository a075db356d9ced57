#!/usr/bin/env python3
"""Breaks real servers under real operators, then checks that nothing was doubled, lost or wrong.

usage: hack/chaos.py [--minutes N] [--soak] [--quiet-seconds N] [--seed N] [--binary PATH] [--keep]
  --minutes N        how long requests come and go under faults (default 10)
  --soak             no faults: churn of 50 requests, and the growth of memory, threads, descriptors
  --quiet-seconds N  how long nothing may be written at the end (default 90)
  --seed N           of the random choices (default: the time); printed first
  --binary PATH      of duplicert (default: build/release/duplicert)
  --keep             leave the working directory

Starts etcd, kube-apiserver and kube-controller-manager, the simulated CA, and two operators with
leader election, each started again when it ends, as a Deployment does. At random: kill -9 and
SIGSTOP of either operator, of kube-apiserver and of etcd. In the end etcd's data goes back to an
older copy, as after a restore from a backup. Then everything runs again, and must come to rest:
  every request is Ready, its key fits its certificate, and the CA knows that certificate;
  the CA made at most one duplicate for each request (one more for one whose key was lost by the
  restore), and no order;
  the operators write nothing for --quiet-seconds.
Exit code 0 if all of that holds. Needs hack/kube-tools.sh's binaries, and openssl."""
import argparse
import base64
import collections
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMESPACE = "chaos"
QUIET_SECONDS = 20
ORDERS = 40
SEED = """
next_order_id: 67890
accounts:
  - id: 1001
    name: Example
    requests_per_3_minutes: 100000
    requests_per_5_seconds: 100000
    users: [{id: 501, username: duplicert}]
    api_keys: [{name: operator, user: 501, api_key: generate}]
    organizations: [{id: 550011, name: Example Ltd, validated_until: +300d}]
    domains: [{name: example.com, organization: 550011, dcv_expires: +150d}]
    orders:
""" + "".join(f"""\
      - {{id: {12000 + i}, product: ssl_basic, organization: 550011,
         common_name: shop-{i}.example.com, issued: -40d}}
""" for i in range(ORDERS))


def say(*words):
    print(f"[chaos {time.monotonic() - BEGAN:5.0f}s]", *words, flush=True)


BEGAN = time.monotonic()


class World:
    """All processes, and how to end them."""

    def __init__(self, work, binary):
        self.work, self.binary = work, binary
        self.plane = work / "plane"
        self.operators = {}  # name -> Popen
        self.starts = collections.Counter()
        self.ends = collections.Counter()  # exit codes of operators
        self.simulator = None
        self.ca_url = ""

    def control_plane(self, *words):
        subprocess.run([ROOT / "hack/control-plane.sh", *words], check=True,
                       stdout=subprocess.DEVNULL, stderr=open(self.work / "control-plane.log", "a"))

    def up(self):
        self.control_plane("up", self.plane, "--with-kcm", "--user",
                           "duplicert-operator=cluster-admin", "--owner-pid", str(os.getpid()))
        self.tools = Path((self.plane / "tools").read_text().strip())
        (self.work / "seed.yaml").write_text(SEED)
        self.simulator = subprocess.Popen(
            [self.binary, "simulate", "--listen", "127.0.0.1:0", "--data", self.work / "ca",
             "--seed", self.work / "seed.yaml", "--polite"],
            stdout=subprocess.PIPE, stderr=open(self.work / "simulator.log", "w"), text=True)
        self.ca_url = self.simulator.stdout.readline().strip()
        self.apply_objects()
        for name in ("a", "b"):
            self.keep(name)

    def kubectl(self, *words, text=None, check=True, timeout=30):
        try:
            done = subprocess.run(
                [self.tools / "kubectl", "--kubeconfig", self.plane / "kubeconfig",
                 "--request-timeout=10s", *words],
                input=text, text=True, capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            if check:
                raise
            return None
        if done.returncode == 0:
            return done.stdout
        if check:
            raise RuntimeError(f"kubectl {words}: {done.stderr}")
        return None

    def apply_objects(self):
        self.kubectl("apply", "--server-side", "-k", str(ROOT / "crds"))
        self.kubectl("create", "namespace", NAMESPACE)
        self.kubectl("-n", NAMESPACE, "create", "secret", "generic", "certcentral",
                     f"--from-file=api-key={self.work}/ca/api-key")
        trust = base64.b64encode((self.work / "ca/ca.pem").read_bytes()).decode()
        profile = {
            "apiVersion": "duplicert.io/v1beta1", "kind": "AutomationProfile",
            "metadata": {"name": "basic", "namespace": NAMESPACE},
            "spec": {"account": {"apiKeySecretRef": {"name": "certcentral"}, "url": self.ca_url,
                                 "caBundle": trust},
                     "product": "ssl_basic", "organization": {"id": 550011}}}
        for _ in range(30):
            if self.kubectl("apply", "-f", "-", text=json.dumps(profile), check=False) is not None:
                return
            time.sleep(1)
        raise RuntimeError("the profile cannot be applied")

    def keep(self, name):
        """Starts an operator that does not run."""
        process = self.operators.get(name)
        if process and process.poll() is None:
            return
        if process:
            self.ends[process.returncode] += 1
        host = self.ca_url.split("/")[2]
        self.operators[name] = subprocess.Popen(
            [self.binary, "run", "--kubeconfig", self.plane / "kubeconfig-duplicert-operator",
             "--leader-elect", "--leader-elect-namespace", NAMESPACE, "--allowed-ca-hosts", host,
             "--duplicate-settle-window", "5s", "--ledger-namespace", NAMESPACE,
             "--health-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0"],
            stdout=open(self.work / f"operator-{name}.log", "a"), stderr=subprocess.STDOUT)
        self.starts[name] += 1

    def server_pid(self, server):
        try:
            return int((self.plane / f"{server}.pid").read_text())
        except (OSError, ValueError):
            return 0

    def heal(self):
        """Everything runs again."""
        for process in self.operators.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        for server in ("etcd", "kube-apiserver"):
            pid = self.server_pid(server)
            alive = pid and Path(f"/proc/{pid}").exists() and "Z" not in Path(
                f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
            if alive:
                os.kill(pid, signal.SIGCONT)
            else:
                self.control_plane("start", self.plane, server)
        for name in ("a", "b"):
            self.keep(name)

    def down(self):
        for process in self.operators.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        codes = [process.wait(30) for process in self.operators.values()]
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait(10)
        self.control_plane("down", self.plane)
        return codes

    def from_ca(self, path):
        context = ssl.create_default_context(cafile=self.work / "ca/ca.pem")
        url = self.ca_url.replace("/services/v2", "/_sim") + path
        with urllib.request.urlopen(url, context=context, timeout=30) as answer:
            return json.load(answer)

    def requests(self):
        text = self.kubectl("-n", NAMESPACE, "get", "dcr", "-o", "json", check=False)
        return None if text is None else json.loads(text)["items"]

    def writes(self):
        """Writes of the operators in the audit log, Leases left out."""
        lines = (self.plane / "audit.log").read_text(errors="replace").splitlines()
        found = []
        for line in lines:
            if '"duplicert-operator"' not in line or '"leases"' in line:
                continue
            event = json.loads(line)
            if event["verb"] in ("create", "update", "patch", "delete"):
                found.append(f'{event["verb"]} {event["requestURI"].split("?")[0]}')
        return found


def request(number, policy):
    name = f"copy-{number}"
    return {"apiVersion": "duplicert.io/v1beta1", "kind": "DuplicateCertificateRequest",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"profileRef": {"name": "basic"}, "secretName": name + "-tls",
                     "commonName": f"shop-{number % ORDERS}.example.com",
                     "deletionPolicy": policy}}


class Churn:
    """Users: requests come, get a wish for a renewal, and go; with `most`, the oldest goes as soon
    as there are so many, and its Secret with it."""

    def __init__(self, world, dice, most=None):
        self.world, self.dice, self.most = world, dice, most
        self.next = 0
        self.wishes = collections.Counter()

    def step(self):
        roll = self.dice.random()
        if roll < 0.6 or self.next < 5:
            policy = "Delete" if self.most else "Retain"
            self.world.kubectl("apply", "-f", "-", text=json.dumps(request(self.next, policy)),
                               check=False, timeout=12)
            self.next += 1
            if self.most and self.next > self.most:
                self.remove(f"copy-{self.next - self.most - 1}")
            return
        oldest = max(0, self.next - self.most) if self.most else 0
        name = f"copy-{self.dice.randrange(oldest, self.next)}"
        if roll < 0.8:
            self.remove(name)
        else:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.wishes[name] += 1
            self.world.kubectl("-n", NAMESPACE, "annotate", "--overwrite", "dcr", name,
                               f"duplicert.io/renew-requested-at={stamp}", check=False, timeout=12)

    def remove(self, name):
        self.world.kubectl("-n", NAMESPACE, "delete", "dcr", name, "--ignore-not-found",
                           "--wait=false", check=False, timeout=12)


def one_fault(world, dice, counts):
    target = dice.choice(["a", "b", "a", "b", "kube-apiserver", "etcd"])
    kind = dice.choice(["kill", "stop"])
    pid = world.operators[target].pid if target in world.operators else world.server_pid(target)
    if pid == 0:  # it is being started; 0 would be this script's own group
        return
    counts[f"{kind} {'operator' if target in 'ab' else target}"] += 1
    try:
        os.kill(pid, signal.SIGKILL if kind == "kill" else signal.SIGSTOP)
    except ProcessLookupError:
        pass
    time.sleep(dice.uniform(1, 20 if kind == "stop" else 4))
    world.heal()


def restore(world, counts):
    """Back to the copy of etcd's data that was taken before."""
    counts["etcd restored from an older copy"] += 1
    world.control_plane("stop", world.plane, "kube-apiserver")
    world.control_plane("stop", world.plane, "etcd")
    shutil.rmtree(world.plane / "etcd")
    shutil.copytree(world.work / "backup", world.plane / "etcd")
    world.control_plane("start", world.plane, "etcd")
    world.control_plane("start", world.plane, "kube-apiserver")


def back_up(world):
    world.control_plane("stop", world.plane, "etcd")
    shutil.copytree(world.plane / "etcd", world.work / "backup")
    world.control_plane("start", world.plane, "etcd")


def wait_settled(world, most=420):
    """Every request is Ready, and the operators have tried no write for QUIET_SECONDS: after a
    restore they may still work on requests that are gone, until they have listed anew."""
    end = time.monotonic() + most
    open_ones, tried, since = None, -1, 0.0
    while time.monotonic() < end:
        world.heal()
        items = world.requests()
        if items is not None:
            open_ones = [i["metadata"]["name"] for i in items if not is_ready(i)]
            tried_now = len(world.writes())
            if tried_now != tried:
                tried, since = tried_now, time.monotonic()
            if not open_ones and time.monotonic() - since > QUIET_SECONDS:
                return []
        time.sleep(2)
    return open_ones if open_ones is not None else ["the API server does not answer"]


def is_ready(item):
    generation = item["metadata"]["generation"]
    return any(c["type"] == "Ready" and c["status"] == "True" and
               c.get("observedGeneration") == generation
               for c in item.get("status", {}).get("conditions", []))


def public_key(pem, *flags):
    return subprocess.run(["openssl", *flags], input=pem, capture_output=True,
                          check=True).stdout


def check_pairs(world, failures):
    """Every Secret holds a fitting pair that the CA made, and no pair is in two Secrets."""
    serials = {c["serial_number"].lower().lstrip("0") for order in world.from_ca("/dump")["orders"]
               for c in order["certificates"]}
    seen = collections.Counter()
    for item in world.requests():
        name = item["spec"]["secretName"]
        text = world.kubectl("-n", NAMESPACE, "get", "secret", name, "-o", "json", check=False)
        if text is None:
            failures.append(f"LOST: {name} does not exist although its request is Ready")
            continue
        data = {k: base64.b64decode(v) for k, v in json.loads(text)["data"].items()}
        of_key = public_key(data["tls.key"], "pkey", "-pubout")
        of_leaf = public_key(data["tls.crt"], "x509", "-noout", "-pubkey")
        if of_key != of_leaf:
            failures.append(f"WRONG: the key of {name} does not fit its certificate")
        serial = public_key(data["tls.crt"], "x509", "-noout", "-serial").decode()
        serial = serial.strip().split("=")[1].lower().lstrip("0")
        seen[serial] += 1
        if serial not in serials:
            failures.append(f"WRONG: the CA does not know the certificate of {name}")
    failures += [f"WRONG: serial {s} is in {n} Secrets" for s, n in seen.items() if n > 1]


def check_ca(world, allowed, failures):
    dump = world.from_ca("/dump")
    if len(dump["orders"]) != ORDERS:
        failures.append(f"DOUBLED: {len(dump['orders']) - ORDERS} orders that nobody asked for")
    csrs = collections.Counter(c.get("csr", "") for o in dump["orders"] for c in o["certificates"]
                               if c["kind"] == "duplicate")
    failures += [f"DOUBLED: one CSR was sent {n} times" for n in csrs.values() if n > 1]
    made = sum(csrs.values())
    say(f"the CA made {made} duplicates; at most {allowed} were asked for")
    if made > allowed:
        failures.append(f"DOUBLED: {made} duplicates, at most {allowed} were asked for")


def check_silence(world, seconds, failures):
    time.sleep(5)
    before = world.writes()
    time.sleep(seconds)
    after = world.writes()
    say(f"writes in {seconds} s of rest: {len(after) - len(before)}")
    for line in after[len(before):][:5]:
        failures.append(f"NO REST: {line}")


def figures(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {"rss_kib": int(fields["VmRSS"].split()[0]), "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{process.pid}/fd"))}


def soak(world, churn, minutes, failures):
    """The first tenth warms up; from then on nothing may grow."""
    end = time.monotonic() + 60 * minutes
    samples = {name: [] for name in world.operators}
    while time.monotonic() < end:
        churn.step()
        for name, process in world.operators.items():
            samples[name].append(figures(process))
        if len(samples["a"]) % 60 == 1:
            say({name: taken[-1] for name, taken in samples.items()})
        time.sleep(1)
    for name, taken in samples.items():
        tenth = max(1, len(taken) // 10)
        for what, slack in (("rss_kib", 1.15), ("threads", 1.0), ("descriptors", 1.0)):
            early = max(s[what] for s in taken[tenth:4 * tenth] or taken)
            late = max(s[what] for s in taken[-3 * tenth:])
            say(f"operator {name}: {what} at most {early} early, {late} late")
            if late > early * slack + (4 if what != "rss_kib" else 4096):
                failures.append(f"GROWTH: {what} of operator {name}: {early} -> {late}")


def chaos(world, churn, dice, minutes, counts):
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        for _ in range(dice.randrange(1, 4)):
            churn.step()
        one_fault(world, dice, counts)


def run(world, options, dice):
    failures = []
    counts = collections.Counter()
    world.up()
    churn = Churn(world, dice, 50 if options.soak else None)
    restored = 0
    if options.soak:
        soak(world, churn, options.minutes, failures)
    else:
        chaos(world, churn, dice, options.minutes / 2, counts)
        stuck = wait_settled(world)
        failures += [f"STUCK before the restore: {name}" for name in stuck]
        back_up(world)
        chaos(world, churn, dice, options.minutes / 2, counts)
        world.heal()
        restore(world, counts)
        restored = len(world.requests() or [])
    stuck = wait_settled(world)
    failures += [f"STUCK: {name}" for name in stuck]
    if not stuck:
        check_pairs(world, failures)
    # Each request once, each wish once; whose key or wish the restore took away, once more.
    check_ca(world, churn.next + sum(churn.wishes.values()) + restored, failures)
    check_silence(world, options.quiet_seconds, failures)
    say("faults:", dict(counts), "requests:", churn.next, "wishes:", sum(churn.wishes.values()),
        "starts of operators:", dict(world.starts), "exit codes:", dict(world.ends))
    if any(code not in (None, 0, 1, -signal.SIGKILL) for code in world.ends):
        failures.append(f"CRASHED: exit codes {dict(world.ends)}")
    codes = world.down()
    if any(codes):
        failures.append(f"an operator ended with {codes} on SIGTERM")
    return failures


def main():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--soak", action="store_true")
    parser.add_argument("--quiet-seconds", type=int, default=90)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/duplicert")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.help:
        print(__doc__)
        return 0
    say(f"--seed {options.seed}")
    work = Path(tempfile.mkdtemp(prefix="duplicert-chaos-"))
    world = World(work, options.binary.resolve())
    try:
        failures = run(world, options, random.Random(options.seed))
    except BaseException:
        options.keep = True
        say(f"logs: {work}")
        raise
    finally:
        for process in [*world.operators.values(), world.simulator]:
            if process and process.poll() is None:
                process.kill()
        subprocess.run([ROOT / "hack/control-plane.sh", "down", world.plane],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for line in failures:
        print(line)
    if failures:
        say(f"{len(failures)} failures; logs: {work}")
    elif not options.keep:
        shutil.rmtree(work, ignore_errors=True)
    say("FAILED" if failures else "passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
