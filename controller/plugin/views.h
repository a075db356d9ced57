// Views: what the commands of the plugin show, as plain values; pure functions make text and JSON
// of them. Entry points: to_text and to_json of each view.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/certificate_order.h"
#include "api/duplicate_certificate_request.h"
#include "base/clock.h"
#include "rules/explain.h"

namespace plugin {

// `status` without a name: all requests.
struct ListView {
  std::vector<api::DuplicateCertificateRequest> requests{};
  std::vector<std::string> notes{};
};

struct OrdersOf {
  std::string key{};  // "namespace/name"
  std::optional<std::int64_t> in_use{};
  std::vector<api::Candidate> candidates{};
  std::string problem{};  // why there are none
};
struct OrdersView {
  std::vector<OrdersOf> requests{};
  bool direct = false;
  std::vector<std::string> notes{};
};

struct StatusView {
  api::DuplicateCertificateRequest request{};
  std::vector<api::DuplicateCertificateRequest> copies{};  // of the same order, other than it
  std::vector<api::CertificateOrder> entries{};            // of the ledger, about that order
  std::vector<std::string> notes{};
  base::TimePoint now{};
};

struct ExplainView {
  std::string key{};
  std::vector<rules::FactLine> facts{};
  std::string rule{};
  std::size_t rule_number = 0;  // from 1
  std::size_t rules = 0;
  std::string action{};
  std::string reason{};
  std::string message{};
  std::vector<std::string> first{};  // what would be done before
  std::vector<api::Candidate> candidates{};
  bool needs_ca = false;   // the decision ends at a question to the CA
  std::string reported{};  // what the controller's status says
  std::vector<rules::WhatIf> changes{};
  std::vector<std::string> notes{};
};

// What stands on one line: the status of Ready, its reason and message.
struct Readiness {
  api::ConditionStatus status = api::ConditionStatus::kUnknown;
  std::string reason{};
  std::string message{};
};
Readiness readiness_of(const api::DuplicateCertificateRequest& request);

// One sentence: what happens next, by itself or by whom.
std::string next_step(const StatusView& view);

struct Moment {
  base::TimePoint at{};
  std::string what{};

  bool operator==(const Moment&) const = default;
};
// What has happened and what will, in the order of time.
std::vector<Moment> timeline_of(const StatusView& view);

std::string to_text(const ListView& view, bool color);
std::string to_text(const OrdersView& view, bool color);
std::string to_text(const StatusView& view, bool color);
std::string to_text(const ExplainView& view, bool color);
nlohmann::json to_json(const ListView& view);
nlohmann::json to_json(const OrdersView& view);
nlohmann::json to_json(const StatusView& view);
nlohmann::json to_json(const ExplainView& view);

// Block style; texts that could be anything else are quoted.
std::string yaml_of(const nlohmann::json& value);

}  // namespace plugin
