// AuditCheck: holds what the API server has logged of a test against two promises: whatever is
// written into a status follows the rules that GitOps tools read it by, and the operator asks for
// nothing that its roles do not allow.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/control_plane.h"

namespace support {

// The rules: Flux's (fluxcd/pkg, runtime/conditions/check), kstatus' (sigs.k8s.io/cli-utils) and
// the API conventions'. Fed with each object as it is after a write of its status, in order.
class StatusRules {
 public:
  // What is wrong, one sentence for each rule that is broken.
  std::vector<std::string> broken_by(const nlohmann::json& object);

 private:
  std::map<std::string, nlohmann::json> before_;  // conditions of the last write, by uid
};

struct AuditFindings {
  std::vector<std::string> problems{};
  std::size_t statuses = 0;  // that were looked at
};

class AuditCheck {
 public:
  // From the present end of the log, for objects of these namespaces and requests of that user.
  AuditCheck(const ControlPlane& cluster, std::vector<std::string> namespaces,
             std::string operator_user);

  // What was logged since then. A refusal by an admission policy or a quota is none by a role.
  AuditFindings findings() const;

 private:
  bool concerns(const std::string& line) const;

  const std::filesystem::path log_;
  const std::vector<std::string> namespaces_;
  const std::string user_;
  std::uintmax_t begin_ = 0;
};

}  // namespace support
