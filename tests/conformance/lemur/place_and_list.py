#!/usr/bin/env python3
"""Drives the DigiCert plugin of Lemur against a running simulator: order, get, list.

usage: place_and_list.py --url URL --data DIR [--spoil TEXT]
  --url URL     what `duplicert simulate --polite` printed (it ends in /services/v2)
  --data DIR    its data directory: trust (ca.pem), key (api-key), root.pem
  --spoil TEXT  turns TEXT around in every answer, as if the simulator spelled it wrongly

The seed is hack/demo/seed.yaml. Needs what requirements.txt lists; hack/lemur.sh brings all of it.
Prints what it saw. Exit code 1, and the step that failed, if the plugin or a check fails.

The HTTP code is Lemur's own. Replaced are lemur/__init__.py, which would load the web application
and its database, and the people around Lemur: one who is logged in, one who approves the order.
"""
import argparse
import importlib.util
import json
import os
import sys
import threading
import time
import types
from pathlib import Path

import arrow
import flask
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

ORGANIZATION = 550011
PRODUCT = "ssl_basic"
NAME = "shop.example.com"
OTHER_NAME = "lemur.example.com"
MAX_DAYS = 397  # Lemur cuts longer wishes to this
SEEDED_ORDER = 12345
FOREIGN_ORDER = 12347  # of another organization


def load_plugin():
    """Lemur's plugin, without the web application that `import lemur` would start."""
    package = types.ModuleType("lemur")
    package.__path__ = list(importlib.util.find_spec("lemur").submodule_search_locations)
    sys.modules["lemur"] = package
    from lemur.plugins.lemur_digicert import plugin
    return plugin


class Answers(requests.adapters.HTTPAdapter):
    """Sends what the plugin sends, as the plugin's own adapter does. Touches answers only:

    - Rows of the list of orders get the serial number that the answer about the order has. Lemur
      needs it there. The documents (orders/list-orders) do not show it, so the simulator leaves it
      out; if the row has one, it stays.
    - `spoil` is turned around.
    """

    def __init__(self, retries, spoil):
        super().__init__(max_retries=retries)
        self.spoil = spoil

    def send(self, request, **kwargs):
        response = super().send(request, **kwargs)
        if response.ok and request.path_url.startswith("/services/v2/order/certificate?"):
            body = response.json()
            for order in body.get("orders", []):
                self.add_serial(order, request, kwargs)
            response._content = json.dumps(body).encode()
        if self.spoil:
            text = response.content.decode()
            response._content = text.replace(self.spoil, self.spoil[::-1]).encode()
        return response

    def add_serial(self, order, request, kwargs):
        if order["status"] != "issued" or "serial_number" in order["certificate"]:
            return
        question = request.copy()
        question.url = f"{request.url.split('?')[0]}/{order['id']}"
        info = super().send(question, **kwargs).json()
        order["certificate"]["serial_number"] = info["certificate"]["serial_number"]


class Simulator:
    """The admin interface, /_sim."""

    def __init__(self, base):
        self.base = base + "/_sim"
        self.session = requests.Session()

    def get(self, path, **query):
        response = self.session.get(f"{self.base}/{path}", params=query, timeout=10)
        response.raise_for_status()
        return response.json()

    def calls(self, operation, after):
        return self.get("journal", operation=operation, after=after)["calls"]

    def last_call(self):
        return max((call["id"] for call in self.get("journal")["calls"]), default=0)

    def order(self, number):
        return next(order for order in self.get("dump")["orders"] if order["id"] == number)

    def primary(self, number):
        """Id of the first certificate of an order, as Lemur writes it."""
        return str(self.order(number)["certificates"][0]["id"])

    def approve(self, request):
        self.session.put(f"{self.base}/requests/{request['id']}", json={"status": "approved"},
                         timeout=10).raise_for_status()

    def approve_once_polled(self, after, stop):
        """A person: Lemur never asks to skip the approval, so its order waits for one. Lets Lemur
        ask in vain first."""
        while not stop.wait(0.1):
            placed = {call["order_id"] for call in self.calls("order_place", after)}
            waiting = [request for request in self.get("requests", status="pending")["requests"]
                       if request["order_id"] in placed]
            if waiting and self.calls("order_info", after):
                self.approve(waiting[0])
                return


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def make_csr():
    """A key that never leaves this process, and its CSR."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return key.public_key(), csr.public_bytes(serialization.Encoding.PEM).decode()


def same_key(one, other):
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return one.public_bytes(*form) == other.public_bytes(*form)


def options():
    """What Lemur's form would hand over; the end is later than Lemur allows."""
    names = [x509.DNSName(NAME), x509.DNSName(OTHER_NAME)]
    return {"common_name": NAME, "extensions": {"sub_alt_names": {"names": names}},
            "signing_algorithm": "sha256WithRSA",
            "validity_end": arrow.utcnow().shift(days=MAX_DAYS + 100)}


def verify(body, chain, public_key, root):
    """The certificate is ours, for our names, and leads to the root of the CA."""
    leaf = x509.load_pem_x509_certificate(body.encode())
    check(same_key(leaf.public_key(), public_key), "the certificate has another key than the CSR")
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    missing = {NAME, OTHER_NAME} - set(names.get_values_for_type(x509.DNSName))
    check(not missing, f"the certificate lacks {missing}")
    verifier = verification.PolicyBuilder().store(verification.Store([root]))
    verifier.build_server_verifier(x509.DNSName(NAME)).verify(
        leaf, x509.load_pem_x509_certificates(chain.encode()))
    return leaf


class Run:
    """One run; `step` is what it does now."""

    def __init__(self, arguments):
        self.step = "load the plugin"
        self.base = arguments.url.removesuffix("/services/v2")
        self.data = Path(arguments.data)
        self.spoil = arguments.spoil
        self.plugin = load_plugin()
        self.simulator = Simulator(self.base)
        self.last_day = ""  # of the order, as Lemur cuts it
        self.begin = self.simulator.last_call()

    def application(self):
        """The configuration of somebody who runs Lemur."""
        application = flask.Flask("lemur")
        application.config.update(
            DIGICERT_API_KEY=(self.data / "api-key").read_text().strip(),
            DIGICERT_URL=self.base, DIGICERT_ORG_ID=ORGANIZATION, DIGICERT_ORDER_TYPE=PRODUCT,
            DIGICERT_ROOT=(self.data / "root.pem").read_text(), DIGICERT_SOURCE_ENABLED=True)
        return application

    def make(self, kind):
        made = kind()
        own = made.session.get_adapter(self.base)
        made.session.mount("https://", Answers(own.max_retries, self.spoil))
        return made

    def place(self, public_key, csr):
        self.step = "place an order and get its certificate"
        self.last_day = self.plugin.determine_end_date(None).format("YYYY-MM-DD")
        stop = threading.Event()
        person = threading.Thread(target=self.simulator.approve_once_polled,
                                  args=(self.begin, stop))
        person.start()
        try:
            return self.make(self.plugin.DigiCertIssuerPlugin).create_certificate(csr, options())
        finally:
            stop.set()
            person.join()

    def check_journal(self):
        self.step = "look at the simulator's journal"
        placed = self.simulator.calls("order_place", self.begin)
        check([call["http_status"] for call in placed] == [201], f"orders placed: {placed}")
        check(placed[0]["took_effect"], "the order took no effect")
        check(placed[0]["path"] == f"order/certificate/{PRODUCT}", f"path {placed[0]['path']}")
        polls = self.simulator.calls("order_info", self.begin)
        check(len(polls) > 1, "Lemur did not poll")
        check(self.simulator.calls("download", self.begin), "nothing was downloaded")
        check(self.simulator.get("violations")["count"] == 0, "there are violations")
        order = self.simulator.order(placed[0]["order_id"])
        ends = {self.last_day, self.plugin.determine_end_date(None).format("YYYY-MM-DD")}
        check(order["order_valid_till"][:10] in ends, f"it ends {order['order_valid_till']}")
        return order["id"]

    def check_again(self, order, body):
        self.step = "get the certificate of the order again"
        issuer = self.make(self.plugin.DigiCertIssuerPlugin)
        again = issuer.get_ordered_certificate(types.SimpleNamespace(external_id=order))
        check(again is not None and again["body"] == body, "it is another certificate")

    def check_listed(self, leaf, certificate):
        self.step = "list the certificates"
        listed = self.make(self.plugin.DigiCertSourcePlugin).get_certificates({})
        by_id = {row["external_id"]: row for row in listed}
        check(len(by_id) == len(listed), "a certificate is listed twice")
        check(self.simulator.primary(SEEDED_ORDER) in by_id, f"{SEEDED_ORDER} is not listed")
        check(self.simulator.primary(FOREIGN_ORDER) not in by_id, f"{FOREIGN_ORDER} is listed")
        check(str(certificate) in by_id, f"the new certificate is not among {sorted(by_id)}")
        row = by_id[str(certificate)]
        check(row["serial"] == str(leaf.serial_number), f"serial number {row['serial']}")
        check(x509.load_pem_x509_certificate(row["body"].encode()) == leaf, "another body")
        check(self.simulator.calls("download_platform", self.begin), "nothing was downloaded")
        return len(listed)

    def all(self):
        root = x509.load_pem_x509_certificate((self.data / "root.pem").read_bytes())
        public_key, csr = make_csr()
        with self.application().app_context():
            flask.g.user = types.SimpleNamespace(username="lemur")
            body, chain, certificate = self.place(public_key, csr)
            order = self.check_journal()
            self.step = "verify the certificate"
            leaf = verify(body, chain, public_key, root)
            self.check_again(order, body)
            count = self.check_listed(leaf, certificate)
        print(f"order {order}: certificate {certificate}, serial number {leaf.serial_number:X}, "
              f"verified, one of {count} listed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--spoil")
    arguments = parser.parse_args()
    os.environ["REQUESTS_CA_BUNDLE"] = str(Path(arguments.data) / "ca.pem")
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    started, run = time.monotonic(), Run(arguments)
    try:
        run.all()
    except Exception as error:  # of whatever kind: Lemur throws plain ones
        took = time.monotonic() - started
        print(f"failed after {took:.0f} s to {run.step}: {type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
