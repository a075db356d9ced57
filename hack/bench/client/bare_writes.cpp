#include <fmt/format.h>

#include "run.h"
#include "workloads.h"

// The four writes of one issuance, with bodies of the size that Duplicert's have: the pending key,
// the certificate, the status, and the end of the pending key. The limit applies the second and the
// third; the exchange makes them as Duplicert does, and what else the API server is asked on that
// way.
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

json pending_secret(const std::string& name) {
  return secret(name + "-pending", "example.org/pending",
                {{"tls.key", filling(240)}, {"csr", filling(450)}, {"names", filling(60)}});
}

json target_secret(const std::string& name) {
  return secret(name + "-tls", "kubernetes.io/tls",
                {{"tls.key", filling(240)}, {"tls.crt", filling(1900)}, {"ca.crt", filling(750)}});
}

Result<void> four_writes(kube::Client& client, const Settings& settings, const std::string& name) {
  const std::string& namespace_ = settings.goal.namespace_;
  TRY_VOID(client.create(kube::kSecrets, namespace_, pending_secret(name), {}));
  TRY_VOID(client.apply(kube::kSecrets, {namespace_, name + "-tls"}, target_secret(name),
                        kube::Force::kNo, {}));
  TRY_VOID(client.apply_status(settings.goal.resource, {namespace_, name}, status(), {}));
  TRY_VOID(client.remove(kube::kSecrets, {namespace_, name + "-pending"}, {}, {}));
  return {};
}

json event(const std::string& namespace_, const std::string& name) {
  return {{"apiVersion", kube::kEvents.api_version()},
          {"kind", kube::kEvents.kind},
          {"metadata", {{"name", name + ".issued"}, {"namespace", namespace_}}},
          {"eventTime", base::format_micro_time(base::SystemClock().now())},
          {"type", "Normal"},
          {"reason", "Issued"},
          {"action", "Issue"},
          {"note", "Secret shop-tls holds a duplicate of order 12345, valid until 2027-05-01"},
          {"reportingController", "bench"},
          {"reportingInstance", "bench"},
          {"regarding", {{"kind", "ConfigMap"}, {"namespace", namespace_}, {"name", name}}}};
}

Result<void> whole_exchange(kube::Client& client, const Settings& settings, std::size_t i) {
  const std::string& namespace_ = settings.goal.namespace_;
  const std::string name = fmt::format("{}-{}", settings.prefix, i);
  const json object = TRY(filled(settings, name, i));
  json made = TRY(client.create(settings.goal.resource, namespace_, object, {}));
  const auto there = client.get(kube::kSecrets, {namespace_, name + "-tls"}, {});
  if (!there && there.error().code != base::Code::kNotFound) {
    return std::unexpected(there.error());
  }
  TRY_VOID(client.create(kube::kSecrets, namespace_, pending_secret(name), {}));
  TRY_VOID(client.create(kube::kSecrets, namespace_, target_secret(name), {}));
  TRY_VOID(client.remove(kube::kSecrets, {namespace_, name + "-pending"}, {}, {}));
  made.update(status());
  TRY_VOID(client.replace_status(settings.goal.resource, {namespace_, name}, made, {}));
  TRY_VOID(
      client.create(kube::kEvents, namespace_, event(namespace_, name), {}, kube::View::kMetadata));
  return {};
}

// Hears everything and looks at nothing, until the thread is told to stop.
Result<std::jthread> listener(kube::Client& client, const kube::Resource& resource,
                              const std::string& namespace_, kube::View view) {
  const json list = TRY(client.list(resource, namespace_, {.limit = 1}, {}));
  kube::WatchOptions options{.resource_version = list["metadata"].value("resourceVersion", ""),
                             .view = view};
  return std::jthread([&client, &resource, namespace_, options](const std::stop_token& stop) {
    const auto ignore = [](kube::WatchType, json&&) -> Result<void> { return {}; };
    while (!stop.stop_requested()) {
      const auto ended = client.watch(resource, namespace_, options, ignore, stop);
      if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  });
}

// A server that has just started opens its storage of each kind first; the others begin later.
constexpr std::size_t kWarmUp = 20;

// Does `one(i)` for each object, and measures that. A few more go before it, unmeasured.
Result<json> timed(const Settings& settings, const std::function<Result<void>(std::size_t)>& one) {
  TRY_VOID(in_parallel(kWarmUp, settings.parallel,
                       [&](std::size_t i) { return one(settings.count + i); }));
  Run run(settings);
  TRY_VOID(in_parallel(settings.count, settings.parallel, one));
  const double seconds = run.seconds();
  json result = run.finish();
  result["seconds"] = seconds;
  result["ready"] = settings.count;
  return result;
}

}  // namespace

Result<json> bare_exchange(kube::Client& client, const Settings& settings) {
  const std::string& namespace_ = settings.goal.namespace_;
  using kube::View;
  // The controller's and the user's watch of the objects, and the controller's of the Secrets.
  const std::jthread watches[] = {
      TRY(listener(client, settings.goal.resource, namespace_, View::kWhole)),
      TRY(listener(client, settings.goal.resource, namespace_, View::kWhole)),
      TRY(listener(client, kube::kSecrets, namespace_, View::kMetadata))};
  return timed(settings, [&](std::size_t i) { return whole_exchange(client, settings, i); });
}

Result<json> bare_writes(kube::Client& client, const Settings& settings) {
  const auto name_of = [&](std::size_t i) { return fmt::format("{}-{}", settings.prefix, i); };
  const auto make = [&](std::size_t i) -> Result<void> {
    const json object = TRY(filled(settings, name_of(i), i));
    TRY_VOID(client.create(settings.goal.resource, settings.goal.namespace_, object, {}));
    return {};
  };
  TRY_VOID(in_parallel(settings.count + kWarmUp, settings.parallel, make));
  return timed(settings, [&](std::size_t i) { return four_writes(client, settings, name_of(i)); });
}

}  // namespace bench
