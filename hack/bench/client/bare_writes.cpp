#include <fmt/format.h>

#include "run.h"
#include "workloads.h"

// The four writes of one issuance, with bodies of the size that Duplicert's have: the pending key,
// the certificate, the status, and the end of the pending key.
namespace bench {
namespace {

using base::Result;
using nlohmann::json;

// Base64 of about this many bytes; what is in it does not matter to the API server.
std::string filling(std::size_t bytes) {
  return std::string(bytes / 3 * 4, 'Q');
}

json secret(const std::string& name, const std::string& type, json data) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"type", type},
          {"metadata",
           {{"name", name},
            {"labels", {{"app.kubernetes.io/managed-by", "bench"}, {"example.org/request", name}}},
            {"annotations",
             {{"example.org/order-id", "12345"},
              {"example.org/serial-number", std::string(32, 'A')},
              {"example.org/common-name", "shop.example.com"},
              {"example.org/alt-names", "shop.example.com,www.shop.example.com"},
              {"example.org/not-after", "2027-05-01T23:59:59Z"},
              {"example.org/certificate-id", "1234567"}}}}},
          {"data", std::move(data)}};
}

json condition(const std::string& type) {
  return {{"type", type},
          {"status", "True"},
          {"reason", "Issued"},
          {"message", "Secret shop-tls holds a duplicate of order 12345"},
          {"observedGeneration", 1},
          {"lastTransitionTime", "2026-05-01T00:00:00Z"}};
}

json status() {
  return {{"status",
           {{"observedGeneration", 1},
            {"conditions", {condition("Ready"), condition("Reconciling"), condition("Stalled")}},
            {"order", {{"id", 12345}, {"validTill", "2027-05-01T23:59:59Z"}}},
            {"certificate",
             {{"id", 1234567},
              {"serialNumber", std::string(32, 'A')},
              {"notBefore", "2026-05-01T00:00:00Z"},
              {"notAfter", "2027-05-01T23:59:59Z"},
              {"dnsNames", {"shop.example.com", "www.shop.example.com"}},
              {"sha256Fingerprint", std::string(64, 'a')}}},
            {"renewalTime", "2027-04-01T00:00:00Z"}}}};
}

Result<void> issue(kube::Client& client, const Settings& settings, const std::string& name) {
  const std::string& namespace_ = settings.goal.namespace_;
  const std::string pending = name + "-pending";
  TRY_VOID(client.create(
      kube::kSecrets, namespace_,
      secret(pending, "example.org/pending",
             {{"tls.key", filling(240)}, {"csr", filling(450)}, {"names", filling(60)}}),
      {}));
  TRY_VOID(client.apply(
      kube::kSecrets, {namespace_, name + "-tls"},
      secret(name + "-tls", "kubernetes.io/tls",
             {{"tls.key", filling(240)}, {"tls.crt", filling(1900)}, {"ca.crt", filling(750)}}),
      kube::Force::kNo, {}));
  TRY_VOID(client.apply_status(settings.goal.resource, {namespace_, name}, status(), {}));
  TRY_VOID(client.remove(kube::kSecrets, {namespace_, pending}, {}, {}));
  return {};
}

}  // namespace

Result<json> bare_writes(kube::Client& client, const Settings& settings) {
  const auto name_of = [&](std::size_t i) { return fmt::format("{}-{}", settings.prefix, i); };
  const auto make = [&](std::size_t i) -> Result<void> {
    const json object = TRY(filled(settings, name_of(i), i));
    TRY_VOID(client.create(settings.goal.resource, settings.goal.namespace_, object, {}));
    return {};
  };
  TRY_VOID(in_parallel(settings.count, settings.parallel, make));
  Run run(settings);
  const auto one = [&](std::size_t i) { return issue(client, settings, name_of(i)); };
  TRY_VOID(in_parallel(settings.count, settings.parallel, one));
  const double seconds = run.seconds();
  json result = run.finish();
  result["seconds"] = seconds;
  result["ready"] = settings.count;
  return result;
}

}  // namespace bench
