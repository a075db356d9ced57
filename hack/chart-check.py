#!/usr/bin/env python3
"""Checks the chart, the manifests and the alerts without a cluster.

usage: hack/chart-check.py

Both majors of Helm lint the chart and render the same; wrong values are refused by name; in
namespaced mode nothing is cluster-wide; kustomize builds each overlay; promtool checks and tests
the alerts; kstatus and Argo CD's scripts say of every state of a request what a person would say;
everything generated is current. hack/node-test.sh tests the same chart on a node.
promtool comes from Debian's package prometheus: if it is not installed it is unpacked, not
installed, below ~/.cache/duplicert. The last line counts the checks."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHART = str(ROOT / "charts/duplicert")
HEALTH = ROOT / "deploy/argocd/resource_customizations/duplicert.io"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "duplicert/checks"
TOOLS = ["kubectl", "helm", "helm3", "oracle"]

# Sets of values that must render, and render the same with both majors.
RENDERED = [
    [],
    ["replicaCount=2", "simulator.enabled=true", "commonLabels.team=pki"],
    ["namespaces={team-a,team-b}", "leaderElection.namespace=kube-system"],
    ["leaderElection.enabled=false", "crds.enabled=false", "rbac.create=false",
     "serviceAccount.create=false", "serviceAccount.name=mine"],
    ["image.digest=sha256:" + "0" * 64, "caBundle.configMap=trust",
     "proxy.https=http://proxy.example.com:3128", "proxy.noProxy=.example.com",
     "priorityClassName=system-cluster-critical", "imagePullSecrets[0].name=registry"],
    ["metrics.serviceMonitor.enabled=true", "metrics.prometheusRule.enabled=true",
     "metrics.dashboard.enabled=true", "networkPolicy.enabled=true"],
    ["metrics.serviceMonitor.enabled=true", "metrics.tls.secretName=metrics-tls",
     "metrics.tls.config.serverName=duplicert.duplicert.svc"],
    ["metrics.podMonitor.enabled=true", "simulator.enabled=true", "networkPolicy.enabled=true",
     "simulator.faults={nasty,lose_answer=0.2}"],
]
# (value, what the error must name)
REFUSED = [
    ("replicas=2", "replicas"), ("replicaCount=3", "replicaCount"), ("workers=0", "workers"),
    ("image.digest=latest", "digest"), ("log.level=loud", "level"),
    ("simulator.enable=true", "enable"), ("namespaces={Team_A}", "namespaces"),
    ("duplicateSettleWindow=3", "duplicateSettleWindow"), ("metrics.port=8081", "port"),
    ("resources.request.cpu=1", "request"), ("proxy.https=proxy:3128", "https"),
    ("replicaCount=2,leaderElection.enabled=false", "leaderElection"),
    ("simulator.enabled=true,namespaces={team-a}", "simulator.enabled"),
    ("metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true", "podMonitor"),
]


def run(*command, stdin=None, cwd=None):
    return subprocess.run([str(part) for part in command], input=stdin, capture_output=True,
                          text=True, cwd=cwd)


class Checks:
    def __init__(self, tools):
        self.tools, self.passed, self.failed = tools, 0, 0

    def tool(self, name):
        return os.path.join(self.tools, name)

    def expect(self, what, good, detail=""):
        if good:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {what}\n{detail}".rstrip())

    def succeeds(self, what, *command, **more):
        done = run(*command, **more)
        self.expect(what, done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def render(self, helm, values):
        flags = [part for value in values for part in ("--set", value)]
        return self.succeeds(f"{helm} renders {values}", self.tool(helm), "template", "duplicert",
                             CHART, "-n", "duplicert", "--kube-version", "1.36.0", *flags)

    def charts(self):
        for helm in ("helm", "helm3"):
            self.succeeds(f"{helm} lint", self.tool(helm), "lint", "--strict", CHART)
        for values in RENDERED:
            # They differ in empty lines between objects.
            four, three = (sorted(part.strip() for part in
                                  self.render(helm, values).split("\n---\n"))
                           for helm in ("helm", "helm3"))
            self.expect(f"Helm 3 and 4 render the same of {values}", three == four)
            if any(value.startswith("namespaces=") for value in values):
                kinds = re.findall(r"(?m)^kind: (ClusterRole\w*)$", "\n".join(four))
                self.expect("no ClusterRole in namespaced mode", not kinds, str(kinds))
        for helm in ("helm", "helm3"):
            for value, name in REFUSED:
                done = run(self.tool(helm), "template", "x", CHART, "--set", value)
                self.expect(f"{helm} refuses {value} and names {name}",
                            done.returncode != 0 and name in done.stderr, done.stderr)

    def kustomize(self):
        for overlay in sorted((ROOT / "deploy/kustomize/overlays").iterdir()):
            text = self.succeeds(f"kustomize build {overlay.name}", self.tool("kubectl"),
                                 "kustomize", overlay)
            self.expect(f"{overlay.name} has a Deployment", "kind: Deployment" in text)
        self.succeeds("kustomize build crds", self.tool("kubectl"), "kustomize", ROOT / "crds")

    def alerts(self, promtool):
        alerts = ROOT / "charts/duplicert/files/alerts.yaml"
        self.succeeds("promtool check rules", promtool, "check", "rules", alerts)
        self.succeeds("promtool test rules", promtool, "test", "rules", "alerts_test.yaml",
                      cwd=ROOT / "tests/chart")
        names = re.findall(r"(?m)^  - alert: (\w+)", alerts.read_text())
        tests = (ROOT / "tests/chart/alerts_test.yaml").read_text()
        runbooks = (ROOT / "docs/operations.md").read_text()
        for name in names:
            self.expect(f"{name} has a test", name in tests)
            self.expect(f"{name} has a runbook", f"### {name}\n" in runbooks)

    def documents(self):
        reasons = re.findall(r'Entry\{Reason::\w+, "(\w+)"',
                             (ROOT / "controller/api/reason.cpp").read_text())
        page = (ROOT / "docs/troubleshooting.md").read_text()
        told = re.findall(r"(?m)^\| `([A-Za-z]+)` \|", page)
        self.expect("there are reasons", len(reasons) > 30)
        for reason in reasons:
            self.expect(f"docs/troubleshooting.md tells of {reason} once", told.count(reason) == 1)

    def oracle(self, script, text):
        done = run(self.tool("oracle"), "-lua", script, stdin=text)
        self.expect(f"{script} runs", done.returncode == 0, done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def argo_tests(self):
        """health_test.yaml as Argo CD's own tests read it."""
        pattern = r"status: (\w+)\n    message: (\".*\")\n  inputPath: (\S+)"
        for folder in sorted(HEALTH.iterdir()):
            cases = re.findall(pattern, (folder / "health_test.yaml").read_text())
            self.expect(f"{folder.name} has cases", len(cases) > 2)
            for status, message, path in cases:
                said = self.oracle(folder / "health.lua", (folder / path).read_text())
                self.expect(f"{folder.name}/{path}", said and said[0][1:] == [
                    status, json.loads(message)], f"{said}, expected {status}: {message}")

    def every_state(self):
        text = (ROOT / "tests/golden/health_states.json").read_text()
        states = json.loads(text)
        said = self.oracle(HEALTH / "DuplicateCertificateRequest/health.lua", text)
        self.expect("there are states, and an answer for each", len(said) == len(states) > 30)
        for state, (kstatus, argo, _) in zip(states, said):
            marks = state["metadata"]["annotations"]
            self.expect(marks["conditions"], (kstatus, argo) == (marks["kstatus"], marks["argo"]),
                        f"kstatus {kstatus}, Argo CD {argo}; expected {marks}")


def find_promtool():
    found = run("sh", "-c", "command -v promtool").stdout.strip()
    cached = CACHE / "root/usr/bin/promtool"
    if found or cached.exists():
        return found or cached
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        script = "apt-get download prometheus || { apt-get update && apt-get download prometheus; }"
        if run("sh", "-c", script, cwd=work).returncode != 0:
            sys.exit("chart-check: no promtool: apt-get install prometheus")
        package = next(Path(work).glob("*.deb"))
        run("dpkg", "-x", package, CACHE / "root")
    return cached


def main():
    found = subprocess.run([ROOT / "hack/kube-tools.sh", *TOOLS], stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        return found.returncode
    checks = Checks(found.stdout.strip())
    checks.succeeds("generated files are current", ROOT / "hack/chart.py", "--check")
    checks.charts()
    checks.kustomize()
    checks.alerts(find_promtool())
    checks.documents()
    checks.argo_tests()
    checks.every_state()
    print(f"chart-check: {checks.passed} checks passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1] in ("--help", "-h") else 2)
    sys.exit(main())
