#include "support/audit_check.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace support {
namespace {

using nlohmann::json;

json find(const json& conditions, const std::string& type) {
  for (const json& one : conditions) {
    if (one.value("type", "") == type) return one;
  }
  return nullptr;
}

std::string status_of(const json& condition) {
  return condition.is_object() ? condition.value("status", "") : "";
}

// A ledger entry that has come to nothing is over: it is not Ready, and nobody waits for it.
bool is_over(const json& object) {
  const std::string state = object.at("status").value("state", "");
  return state == "Refused" || state == "Rejected" || state == "Superseded" || state == "Abandoned";
}

class Findings {
 public:
  void expect(bool holds, std::string_view what) {
    if (!holds) problems_.emplace_back(what);
  }
  std::vector<std::string> take() { return std::move(problems_); }

 private:
  std::vector<std::string> problems_;
};

void check_ready(const json& object, Findings& found) {
  const json& conditions = object["status"]["conditions"];
  const json ready = find(conditions, "Ready");
  found.expect(ready.is_object(), "F2: there is no condition Ready");
  const bool reconciling = status_of(find(conditions, "Reconciling")) == "True";
  const bool stalled = status_of(find(conditions, "Stalled")) == "True";
  found.expect(!reconciling || !stalled, "F5: Reconciling and Stalled are both True");
  if (status_of(ready) == "True") {
    found.expect(!reconciling && !stalled, "F1, F3, F4: Ready is True beside an abnormal one");
  } else if (object.value("kind", "") != "AutomationProfile" && !is_over(object)) {
    found.expect(reconciling || stalled, "F11: not Ready, and nobody is told to act or to wait");
  }
}

void check_each(const json& object, Findings& found) {
  const json& status = object["status"];
  const auto generation = object["metadata"].value("generation", 0);
  const auto root = status.value("observedGeneration", generation);
  found.expect(root <= generation, "F6: observedGeneration is ahead of the generation");
  for (const json& one : status["conditions"]) {
    const std::string type = one.value("type", "");
    const auto observed = one.value("observedGeneration", -1);
    found.expect(observed <= generation, "F6: a condition is ahead of the generation: " + type);
    if (status.contains("observedGeneration")) {
      found.expect(observed == root, "F9: a condition lags behind observedGeneration: " + type);
    }
    found.expect(!one.value("reason", "").empty(), "a condition without a reason: " + type);
    const bool abnormal = type == "Reconciling" || type == "Stalled" || type == "Renewing";
    found.expect(!abnormal || status_of(one) == "True", "present and not True: " + type);
  }
}

void check_transitions(const json& before, const json& now, Findings& found) {
  for (const json& one : now) {
    const json old = find(before, one.value("type", ""));
    if (old.is_null() || status_of(old) != status_of(one)) continue;
    found.expect(old["lastTransitionTime"] == one["lastTransitionTime"],
                 "lastTransitionTime moved without the status: " + one.value("type", ""));
  }
}

bool is_refused_by_role(const json& entry) {
  const json notes = entry.value("annotations", json::object());
  return notes.value("authorization.k8s.io/decision", "") == "forbid";
}

bool is_status_write(const json& entry) {
  const json reference = entry.value("objectRef", json::object());
  return reference.value("apiGroup", "") == "duplicert.io" &&
         reference.value("subresource", "") == "status" &&
         entry.value("responseStatus", json::object()).value("code", 0) == 200 &&
         entry.contains("responseObject");
}

}  // namespace

std::vector<std::string> StatusRules::broken_by(const json& object) {
  Findings found;
  check_ready(object, found);
  check_each(object, found);
  found.expect(object["status"].dump().find("PRIVATE KEY") == std::string::npos, "a private key");
  json& before = before_[object["metadata"].value("uid", "")];
  const json& conditions = object["status"]["conditions"];
  if (before.is_array()) check_transitions(before, conditions, found);
  before = conditions;
  return found.take();
}

AuditCheck::AuditCheck(const ControlPlane& cluster, std::vector<std::string> namespaces,
                       std::string operator_user)
    : log_(cluster.audit_log()),
      namespaces_(std::move(namespaces)),
      user_(std::move(operator_user)) {
  std::error_code none;
  const auto size = std::filesystem::file_size(log_, none);
  if (!none) begin_ = size;
}

// Most lines are those of other tests: parsing them all would take longer than the test.
bool AuditCheck::concerns(const std::string& line) const {
  if (line.find('"' + user_ + '"') != std::string::npos) return true;
  return line.find("\"subresource\":\"status\"") != std::string::npos &&
         std::ranges::any_of(namespaces_, [&](const std::string& name) {
           return line.find("\"namespace\":\"" + name + '"') != std::string::npos;
         });
}

AuditFindings AuditCheck::findings() const {
  AuditFindings found;
  StatusRules rules;
  std::ifstream file(log_);
  file.seekg(static_cast<std::streamoff>(begin_));
  for (std::string line; std::getline(file, line);) {
    if (!concerns(line)) continue;
    const json entry = json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;  // cut in the middle
    if (is_refused_by_role(entry)) {
      found.problems.push_back(fmt::format("no role allows: {} {}", entry.value("verb", ""),
                                           entry.value("requestURI", "")));
    }
    if (!is_status_write(entry)) continue;
    const json& object = entry["responseObject"];
    if (!object.contains("status") || !object["status"].contains("conditions")) continue;
    ++found.statuses;
    for (const std::string& rule : rules.broken_by(object)) {
      found.problems.push_back(rule + ": " + object["metadata"].value("name", "") + " " +
                               object["status"].dump());
    }
  }
  return found;
}

}  // namespace support
