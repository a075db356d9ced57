// Intermediate states (Sieve's I-1 to I-7): whatever the operator was doing when it died, or when
// an answer was lost, the end is that of a quiet run, and the CA made as many orders and
// duplicates. One plan for each write and each call to the CA of each workload, derived from a
// recorded quiet run. By default a share of the plans; all with DUPLICERT_FAULT_PLANS=all.
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/sieve_world.h"
#include "unit/x509/test_issuer.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::SieveTest;

class SieveCrashes : public SieveTest {
 protected:
  std::string reason_of(const std::string& name) {
    const json ready = condition(read("dcr", name), "Ready");
    return ready.is_object() ? ready.value("reason", "") : "";
  }
  std::int64_t order_of(const std::string& name) {
    return read("dcr", name).value(json::json_pointer("/status/order/id"), std::int64_t{0});
  }
  std::string certificate_of(const std::string& name) {
    const json secret = read("secret", name + "-tls");
    return secret.is_object() ? secret["data"].value("tls.crt", "") : "";
  }
  void make_ready(const std::string& id, const json& spec) {
    make_request(id, spec);
    await([&] { return is_ready(id); }, id + " is ready");
  }
};

TEST_F(SieveCrashes, Create) {
  run({.act =
           [&](const std::string& id) { make_request(id, {{"commonName", "shop.example.com"}}); },
       .has_settled = [&](const std::string& id) { return is_ready(id); }});
}

TEST_F(SieveCrashes, ChangeOfNames) {
  run({.set_up =
           [&](const std::string& id) {
             make_ready(id,
                        {{"commonName", "*.example.com"}, {"profileRef", {{"name", "wildcard"}}}});
           },
       .act =
           [&](const std::string& id) {
             merge(id, {{"spec", {{"dnsNames", {"*.example.com", "api.eu.example.com"}}}}});
           },
       .has_settled =
           [&](const std::string& id) {
             if (!is_ready(id)) return false;
             const auto pem = base::from_base64(certificate_of(id));
             const auto leaf = x509::Certificate::parse(pem.value_or(""));
             return leaf && std::ranges::count(leaf->dns_names(), "api.eu.example.com") == 1;
           },
       .share = 3});
}

TEST_F(SieveCrashes, ChangeOfProfile) {
  run({.set_up =
           [&](const std::string& id) { make_ready(id, {{"commonName", "shop.example.com"}}); },
       .act =
           [&](const std::string& id) {
             merge(id, {{"spec", {{"profileRef", {{"name", "second"}}}}}});
           },
       .has_settled = [&](const std::string& id) { return is_ready(id) && order_of(id) == 12350; },
       .share = 3});
}

TEST_F(SieveCrashes, RenewalByAnOrder) {
  std::map<std::string, std::string> before;
  run({.act =
           [&](const std::string& id) {
             install({{.name = id,
                       .order_id = 20000 + std::stoi(id.substr(1)),
                       .common_name = id + ".example.com"}});
           },
       .has_settled =
           [&](const std::string& id) { return is_ready(id) && order_of(id) >= 67890; }});
}

TEST_F(SieveCrashes, AnOrderForWhatMatchesNone) {
  run({.act =
           [&](const std::string& id) {
             make_request(id, {{"commonName", id + ".new.example.com"},
                               {"profileRef", {{"name", "buyer"}}}});
           },
       .has_settled = [&](const std::string& id) { return is_ready(id); }});
}

TEST_F(SieveCrashes, Adoption) {
  const auto key = x509::test::new_key();
  const std::string crt =
      x509::test::issue({.common_name = "shop.example.com", .dns_names = {"shop.example.com"}}, key,
                        key, std::nullopt)
          .to_pem();
  const std::string old = base::to_base64(crt);
  run({.set_up =
           [&](const std::string& id) {
             const json secret = {
                 {"apiVersion", "v1"},
                 {"kind", "Secret"},
                 {"type", "kubernetes.io/tls"},
                 {"metadata", {{"name", id + "-tls"}, {"namespace", home()}}},
                 {"data", {{"tls.crt", old}, {"tls.key", base::to_base64(key.to_pem().expose())}}}};
             const auto made = admin().create(kube::kSecrets, home(), secret, std::stop_token{});
             ASSERT_TRUE(made) << made.error().message;
           },
       .act =
           [&](const std::string& id) {
             make_request(id, {{"commonName", "shop.example.com"}, {"action", "SwitchToDigiCert"}});
           },
       .has_settled =
           [&](const std::string& id) { return is_ready(id) && certificate_of(id) != old; },
       .share = 2});
}

TEST_F(SieveCrashes, DeletionAndCreationAnew) {
  run({.set_up =
           [&](const std::string& id) { make_ready(id, {{"commonName", "shop.example.com"}}); },
       .act =
           [&](const std::string& id) {
             remove("dcr", id);
             make_request(id, {{"commonName", "shop.example.com"}});
           },
       .has_settled = [&](const std::string& id) { return is_ready(id); }});
}

TEST_F(SieveCrashes, SuspensionAndResumption) {
  run({.act =
           [&](const std::string& id) {
             make_request(id, {{"commonName", "shop.example.com"}, {"suspend", true}});
             await([&] { return reason_of(id) == "Suspended"; }, "suspended");
             merge(id, {{"spec", {{"suspend", false}}}});
           },
       .has_settled = [&](const std::string& id) { return is_ready(id); },
       .share = 3});
}

TEST_F(SieveCrashes, TwoRequestsForOneSecret) {
  run({.act =
           [&](const std::string& id) {
             make_request(id, {{"commonName", "shop.example.com"}});
             std::this_thread::sleep_for(1100ms);  // the older wins, by whole seconds
             make_request(id + "late",
                          {{"commonName", "shop.example.com"}, {"secretName", id + "-tls"}});
           },
       .has_settled =
           [&](const std::string& id) {
             return is_ready(id) && reason_of(id + "late") == "SecretConflict";
           },
       .requests = {"", "late"},
       .share = 3});
}

// How far the request came before its namespace went is a race; nothing is asked for twice, and
// nothing comes back to life.
TEST_F(SieveCrashes, DeletionOfTheNamespace) {
  const auto namespace_of = [&](const std::string& id) { return home() + "-" + id; };
  run({.act =
           [&](const std::string& id) {
             const json object = {{"apiVersion", "v1"},
                                  {"kind", "Namespace"},
                                  {"metadata", {{"name", namespace_of(id)}}}};
             const auto made = admin().create(kube::kNamespaces, "", object, std::stop_token{});
             ASSERT_TRUE(made) << made.error().message;
             make_request(id, {{"commonName", "shop.example.com"}}, namespace_of(id));
             std::this_thread::sleep_for(1s);
             const auto gone =
                 admin().remove(kube::kNamespaces, {"", namespace_of(id)}, {}, std::stop_token{});
             ASSERT_TRUE(gone) << gone.error().message;
           },
       .has_settled =
           [&](const std::string& id) {
             const auto left =
                 admin().get(kube::kNamespaces, {"", namespace_of(id)}, std::stop_token{});
             return !left && left.error().code == base::Code::kNotFound;
           },
       .requests = {},
       .flags =
           [&](const std::string& id) {
             return std::vector<std::string>{"--namespace", namespace_of(id)};
           },
       .may_do_less = true,
       .share = 5});
}

}  // namespace
