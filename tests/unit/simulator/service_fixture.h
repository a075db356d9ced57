// ServiceTest: a simulator without sockets, on a fake clock, with a small account. Entry points:
// start(), call(), duplicate().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "simulator/service.h"
#include "support/fake_clock.h"
#include "support/temp_dir.h"
#include "x509/csr.h"

namespace simulator {

// Account 7 with one order of each kind. 12345 has 20 days left, its certificate too.
inline constexpr std::string_view kAccountSeed = R"(
next_order_id: 67890
accounts:
  - id: 7
    requests_per_5_seconds: 1000
    users:
      - {id: 1, username: admin}
      - {id: 2, username: standard, role: standard}
      - {id: 3, username: limited, role: limited}
    api_keys:
      - {name: admin, user: 1, api_key: generate}
      - {name: standard, user: 2, api_key: generate}
      - {name: limited, user: 3, api_key: generate}
      - {name: orders, user: 1, restriction: orders, api_key: generate}
      - {name: view, user: 1, restriction: view, api_key: generate}
    organizations:
      - {id: 550011, name: Example Ltd}
      - {id: 550012, name: Closed Ltd, status: inactive}
    orders:
      - {id: 12345, product: ssl_basic, organization: 550011, common_name: shop.example.com,
         dns_names: [api.example.com], issued: -179d, order_valid_till: +20d}
      - {id: 12346, product: ssl_wildcard, organization: 550011, common_name: "*.example.com",
         issued: -30d}
      - {id: 12347, product: ssl_dv_geotrust, common_name: blog.example.com, issued: -30d}
      - {id: 12348, product: ssl_basic, organization: 550011, common_name: old.example.com,
         issued: -400d, order_valid_till: -35d}
      - {id: 12349, product: ssl_ev_plus, organization: 550011, common_name: ev.example.com,
         issued: -30d}
  - id: 8
    users: [{id: 81, username: stranger}]
    api_keys: [{name: stranger, user: 81, api_key: generate}]
    organizations: [{id: 88, name: Stranger Ltd}]
    orders:
      - {id: 88888, product: ssl_basic, organization: 88, common_name: shop.example.com}
)";

struct Reply {
  int status = 0;
  nlohmann::json body{};
  std::string text{};
  http::ServerResponse::Drop drop = http::ServerResponse::Drop::kNo;

  // "code" of the first error, or "".
  std::string code() const {
    return body.contains("errors") ? body["errors"][0].value("code", "") : "";
  }
};

inline std::string fresh_csr(const std::string& common_name = "shop.example.com") {
  const auto key = x509::PrivateKey::generate({});
  return x509::make_csr(*key, {.common_name = common_name, .dns_names = {}}).value();
}

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }

  void start(std::vector<std::string> faults = {}, std::string_view seed = kAccountSeed) {
    service.reset();
    SimulatorOptions options;
    options.data_dir = dir.path() / "data";
    options.seed_yaml = seed;
    options.polite = true;
    options.faults = std::move(faults);
    auto opened = Service::open(options, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    service = *std::move(opened);
  }

  std::string key(const std::string& name) {
    const std::string file = name == "admin" ? "api-key" : "api-key-" + name;
    return support::read_file(dir.path() / "data" / file);
  }

  Reply send(http::ServerRequest request) {
    const http::ServerResponse response = service->handle(request);
    Reply reply{response.status, nlohmann::json::parse(response.body, nullptr, false),
                response.body, response.drop};
    if (reply.body.is_discarded()) reply.body = nlohmann::json();
    return reply;
  }

  // One call with the key of that name; `path` may carry a query ("order/certificate?limit=1").
  Reply call(const std::string& method, const std::string& path, const nlohmann::json& body = {},
             const std::string& key_name = "admin") {
    http::ServerRequest request;
    request.method = method;
    const auto mark = path.find('?');
    request.path = "/services/v2/" + path.substr(0, mark);
    if (mark != std::string::npos) add_query(request, path.substr(mark + 1));
    request.headers.emplace("x-dc-devkey", key(key_name));
    if (!body.is_null()) {
      request.headers.emplace("content-type", "application/json");
      request.body = body.dump();
    }
    return send(std::move(request));
  }

  Reply admin(const std::string& method, const std::string& path, const nlohmann::json& body = {}) {
    http::ServerRequest request;
    request.method = method;
    const auto mark = path.find('?');
    request.path = "/_sim" + path.substr(0, mark);
    if (mark != std::string::npos) add_query(request, path.substr(mark + 1));
    if (!body.is_null()) request.body = body.dump();
    return send(std::move(request));
  }

  static nlohmann::json certificate_body(std::vector<std::string> names) {
    return {{"certificate",
             {{"common_name", names.front()},
              {"dns_names", names},
              {"csr", fresh_csr(names.front())},
              {"signature_hash", "sha256"}}},
            {"skip_approval", true}};
  }

  Reply duplicate(std::int64_t order, std::vector<std::string> names,
                  const std::string& key_name = "admin") {
    return call("POST", "order/certificate/" + std::to_string(order) + "/duplicate",
                certificate_body(std::move(names)), key_name);
  }

  Reply duplicates_of(std::int64_t order) {
    return call("GET", "order/certificate/" + std::to_string(order) + "/duplicate");
  }

  nlohmann::json order_body(const std::string& common_name, std::int64_t renewal_of = 0) {
    nlohmann::json body = certificate_body({common_name});
    body["organization"] = {{"id", 550011}};
    body["order_validity"] = {{"years", 1}};
    if (renewal_of != 0) body["renewal_of_order_id"] = renewal_of;
    return body;
  }

  support::TempDir dir;
  support::FakeClock clock;
  std::unique_ptr<Service> service;

 private:
  static void add_query(http::ServerRequest& request, std::string text) {
    while (!text.empty()) {
      const auto end = text.find('&');
      const std::string pair = text.substr(0, end);
      const auto equals = pair.find('=');
      request.query.emplace(pair.substr(0, equals), pair.substr(equals + 1));
      text = end == std::string::npos ? "" : text.substr(end + 1);
    }
  }
};

}  // namespace simulator
