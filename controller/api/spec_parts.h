// Parts of specs that several kinds share. Plain values.
// The comments of the fields are their descriptions in crds/: a test compares them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/enums.h"

namespace api {

// Ids of CertCentral are numbers that never change their meaning within an account.
using OrderId = std::int64_t;
using CertificateId = std::int64_t;
using OrganizationId = std::int64_t;
using AccountId = std::int64_t;
using ContainerId = std::int64_t;

struct PrivateKeySpec {
  // Algorithm of the key: ECDSA or RSA. Default: ECDSA, which is faster and which every current
  // client understands.
  KeyAlgorithm algorithm = KeyAlgorithm::kEcdsa;
  // Size of the key in bits. ECDSA: 256 (default) or 384. RSA: 2048 (default), 3072 or 4096.
  std::optional<std::int32_t> size{};

  bool operator==(const PrivateKeySpec&) const = default;
};

struct Window {
  // When the window opens: minute, hour, day of month, month, day of week, as in every cron.
  // Examples: "0 2 * * 6" is Saturday at 02:00, "30 22 * * mon-fri" the evening of each working
  // day.
  std::string cron{};
  // IANA time zone of cron, for example Europe/Berlin. Default: UTC.
  std::string time_zone = "UTC";
  // How long the window stays open, for example 4h. From 1m to 7d.
  std::chrono::seconds duration{};

  bool operator==(const Window&) const = default;
};

struct LabelRequirement {
  // The label key that the requirement is about.
  std::string key{};
  // How the label's value relates to values: In, NotIn, Exists or DoesNotExist.
  LabelOperator operator_ = LabelOperator::kExists;
  // The values for In and NotIn; empty for Exists and DoesNotExist.
  std::vector<std::string> values{};

  bool operator==(const LabelRequirement&) const = default;
};

struct LabelSelector {
  // Labels that the namespace must carry with exactly these values. Every namespace carries
  // kubernetes.io/metadata.name with its own name.
  std::map<std::string, std::string> match_labels{};
  // Further requirements; all of them must hold.
  std::vector<LabelRequirement> match_expressions{};

  bool operator==(const LabelSelector&) const = default;
};

// Kubernetes semantics: an empty selector matches everything; NotIn and DoesNotExist match labels
// that are absent. Pure.
bool matches(const LabelSelector& selector, const std::map<std::string, std::string>& labels);

}  // namespace api
