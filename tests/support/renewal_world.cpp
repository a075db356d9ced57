#include "support/renewal_world.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/bytes.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/private_key.h"

namespace support {
namespace {

using nlohmann::json;

constexpr const char* kRenewalSeed = DUPLICERT_SOURCE_DIR "/tests/data/e2e/renewal.yaml";

std::string indented(const std::string& yaml) {
  return yaml.empty() || yaml.back() == '\n' ? yaml : yaml + "\n";
}

}  // namespace

std::string RenewalTest::seed_file() const {
  return kRenewalSeed;
}

std::vector<std::string> RenewalTest::flags(const std::string& settle_window) const {
  return {"--ledger-namespace",        home(), "--order-settle-window", settle_window,
          "--duplicate-settle-window", "5s"};
}

void RenewalTest::start(const std::vector<std::string>& more_flags) {
  auto all = flags();
  all.insert(all.end(), more_flags.begin(), more_flags.end());
  start_operator(all);
}

void RenewalTest::begin(const ProfileOptions& profile) {
  start_simulator();
  if (HasFatalFailure()) return;
  create_api_key();
  apply_profile(profile);
}

void RenewalTest::install(const std::vector<Copy>& copies) {
  const std::string url = ca_url();
  const std::string host = url.substr(8, url.find('/', 8) - 8);
  std::string yaml;
  for (const Copy& copy : copies) {
    const std::string namespace_ = copy.namespace_.empty() ? home() : copy.namespace_;
    const auto key = x509::PrivateKey::generate({});
    ASSERT_TRUE(key) << key.error().message;
    const auto csr = x509::make_csr(*key, {.common_name = copy.common_name});
    ASSERT_TRUE(csr) << csr.error().message;
    const auto made = ca().admin("POST", fmt::format("/orders/{}/duplicates", copy.order_id),
                                 json{{"csr", *csr}, {"issued_ago", copy.issued_ago}}.dump());
    ASSERT_TRUE(made) << made.error().message;
    const json answer = json::parse(*made);
    const auto& chain = answer["chain"];
    const std::string crt = chain[0].get<std::string>() + chain[1].get<std::string>();
    const auto leaf = x509::Certificate::parse(crt);
    ASSERT_TRUE(leaf) << leaf.error().message;
    const std::string marks = fmt::format(
        "  labels: {{app.kubernetes.io/managed-by: duplicert, duplicert.io/request: {}}}\n"
        "  annotations:\n    duplicert.io/account: {}/1001\n"
        "    duplicert.io/order-id: '{}'\n    duplicert.io/certificate-id: '{}'\n",
        copy.name, host, copy.order_id, answer["certificate_id"].get<std::int64_t>());
    yaml += fmt::format(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata:\n  name: {}-tls\n"
        "  namespace: {}\n{}data: {{tls.crt: {}, tls.key: {}}}\n---\n",
        copy.name, namespace_, copy.is_ours ? marks : "", base::to_base64(crt),
        base::to_base64(key->to_pem().expose()));
    yaml += fmt::format(
        "apiVersion: duplicert.io/v1beta1\nkind: DuplicateCertificateRequest\n"
        "metadata: {{name: {}, namespace: {}}}\nspec:\n"
        "  profileRef: {{name: {}, namespace: {}}}\n  secretName: {}-tls\n"
        "  commonName: {}\n{}---\n",
        copy.name, namespace_, copy.profile, home(), copy.name, copy.common_name,
        indented(copy.spec));
  }
  apply(yaml);
}

std::int64_t RenewalTest::order_in(const std::string& name, const std::string& namespace_) {
  const auto serial = leaf(name + "-tls", namespace_).serial_number();
  for (const json& order : orders_at_ca()) {
    for (const json& certificate : order["certificates"]) {
      std::string known = certificate["serial_number"].get<std::string>();
      const bool same = std::ranges::equal(known, serial, [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
      });
      if (same) return order["id"].get<std::int64_t>();
    }
  }
  return 0;
}

void RenewalTest::wait_order(std::int64_t order_id, const std::string& name,
                             const std::string& namespace_, std::chrono::seconds at_most) {
  json object;
  const bool ok = eventually(
      [&] {
        object = request(name, namespace_);
        return object.is_object() &&
               object.value(json::json_pointer("/status/order/id"), std::int64_t{0}) == order_id;
      },
      at_most);
  ASSERT_TRUE(ok) << object.dump(1);
}

std::string RenewalTest::wait_renewing(const std::string& reason, const std::string& name,
                                       const std::string& namespace_) {
  return wait_renewing_within(reason, std::chrono::seconds{30}, name, namespace_);
}

std::string RenewalTest::wait_renewing_within(const std::string& reason,
                                              std::chrono::seconds at_most, const std::string& name,
                                              const std::string& namespace_) {
  json object;
  json found;
  const bool ok = eventually(
      [&] {
        object = request(name, namespace_);
        found = condition(object, "Renewing");
        return found.is_object() && found["status"] == "True" && found["reason"] == reason;
      },
      at_most);
  EXPECT_TRUE(ok) << object.dump(1);
  return found.is_object() ? found.value("message", "") : "";
}

std::vector<json> RenewalTest::ledger() {
  const auto got = cluster().kubectl({"get", "dcro", "-n", home(), "-o", "json"});
  const json list = json::parse(got.out, nullptr, false);
  if (!list.is_object()) return {};
  return list["items"].get<std::vector<json>>();
}

std::vector<json> RenewalTest::orders_at_ca() {
  const auto dump = ca().admin("GET", "/dump");
  if (!dump) return {};
  return json::parse(*dump)["orders"].get<std::vector<json>>();
}

std::size_t RenewalTest::renewals_of(std::int64_t order_id) {
  return static_cast<std::size_t>(std::ranges::count_if(orders_at_ca(), [&](const json& order) {
    return order["renewal_of"].get<std::int64_t>() == order_id;
  }));
}

void RenewalTest::expect_no_purchase() {
  std::this_thread::sleep_for(std::chrono::seconds{3});
  EXPECT_EQ(ca().count("order_place"), 0U);
  EXPECT_TRUE(ledger().empty());
}

void RenewalTest::expect_clean() {
  for (const auto& violation : ca().violations()) ADD_FAILURE() << violation.detail;
}

}  // namespace support
