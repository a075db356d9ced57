#include "micro/objects.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "simulator/issuer.h"
#include "support/observed_builder.h"
#include "support/temp_dir.h"
#include "x509/csr.h"

namespace micro {
namespace {

using nlohmann::json;

// What server-side apply and the status writer leave behind.
json managed_fields() {
  json fields = {{"f:metadata", {{"f:annotations", {{".", json::object()}}}}}, {"f:spec", {}}};
  for (const char* name : {"commonName", "profileRef", "secretName", "dnsNames", "action",
                           "deletionPolicy", "suspend", "renewal"}) {
    fields["f:spec"][std::string("f:") + name] = json::object();
  }
  const auto entry = [&](const char* manager) {
    return json{{"manager", manager},       {"operation", "Apply"},
                {"fieldsType", "FieldsV1"}, {"apiVersion", "duplicert.io/v1beta1"},
                {"fieldsV1", fields},       {"time", "2026-05-01T20:00:00Z"}};
  };
  return json::array({entry("kubectl"), entry("duplicert-status")});
}

api::DuplicateCertificateRequest request(int number) {
  api::DuplicateCertificateRequest made = support::observed().build().request;
  made.meta.name = fmt::format("shop-{:05}", number);
  made.spec.secret_name = made.meta.name + "-tls";
  made.status.observed_generation = 1;
  made.status.order = api::OrderInUse{.id = support::kOrderId, .product_name_id = "ssl_basic"};
  const rules::LeafFacts leaf = support::leaf();
  made.status.certificate = api::InstalledCertificate{.serial_number = "0a1b0a1b0a1b0a1b",
                                                      .sha256_fingerprint = std::string(64, 'f'),
                                                      .not_before = leaf.not_before,
                                                      .not_after = leaf.not_after,
                                                      .common_name = leaf.common_name,
                                                      .dns_names = {"shop.example.com"},
                                                      .secret_uid = std::string(36, 'u'),
                                                      .secret_resource_version = "123456"};
  return made;
}

json request_json(int number) {
  const api::DuplicateCertificateRequest made = request(number);
  json object = api::encode_object(made);
  object["status"] = api::encode_status(made.status);
  object["metadata"]["uid"] = fmt::format("00000000-0000-4000-8000-{:012}", number);
  object["metadata"]["resourceVersion"] = std::to_string(100000 + number);
  object["metadata"]["managedFields"] = managed_fields();
  return object;
}

}  // namespace

std::string request_text(int number) {
  return request_json(number).dump();
}

std::string watch_stream(int count) {
  std::string stream;
  for (int i = 0; i < count; ++i) {
    stream += R"({"type":"ADDED","object":)" + request_text(i) + "}\n";
  }
  return stream;
}

std::string list_page(int count) {
  json page = {{"kind", "DuplicateCertificateRequestList"},
               {"metadata", {{"resourceVersion", "200000"}}},
               {"items", json::array()}};
  for (int i = 0; i < count; ++i) page["items"].push_back(request_json(i));
  return page.dump();
}

rules::Observed ready_request() {
  return support::observed().with_secret(support::leaf());
}

std::vector<rules::OrderFacts> orders(int count) {
  std::vector<rules::OrderFacts> made;
  for (int i = 0; i < count; ++i) {
    rules::OrderFacts order = support::order(10000 + i);
    const std::string name = i == count / 2 ? "shop" : fmt::format("shop-{:05}", i);
    order.common_name = name + ".example.com";
    order.dns_names = {order.common_name, "www." + order.common_name};
    made.push_back(std::move(order));
  }
  return made;
}

Sent chain() {
  const support::TempDir directory;
  const auto issuer = simulator::Issuer::open(directory.path().string(), support::kNow);
  const auto key = x509::PrivateKey::generate({});
  const auto csr =
      x509::make_csr(*key, {.common_name = "shop.example.com", .dns_names = {"shop.example.com"}});
  const auto leaf = issuer->issue({.subject = {.common_name = "shop.example.com"},
                                   .names = {"shop.example.com"},
                                   .not_before = support::kNow,
                                   .not_after = support::kNow + std::chrono::days{300}},
                                  simulator::read_csr(*csr).value());
  auto sent =
      x509::Certificate::parse_all(leaf->pem + issuer->intermediate_pem() + issuer->root_pem());
  return {std::move(*sent), key->public_key_sha256()};
}

}  // namespace micro
