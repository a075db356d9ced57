#include "runtime/lease_codec.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "kube/response.h"

namespace runtime {
namespace {

std::string text_at(const nlohmann::json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

int count_at(const nlohmann::json& object, const char* field) {
  const auto at = object.find(field);
  if (at == object.end() || !at->is_number_integer()) return 0;
  const auto value = at->get<std::int64_t>();
  // Both numbers of a Lease are int32 and not negative.
  return value < 0 || value > std::numeric_limits<int>::max() ? 0 : static_cast<int>(value);
}

base::TimePoint time_at(const nlohmann::json& object, const char* field) {
  return base::parse_time(text_at(object, field)).value_or(base::TimePoint{});
}

}  // namespace

StoredLease decode_lease(const nlohmann::json& lease) {
  StoredLease stored{.record{}, .resource_version = kube::metadata_text(lease, "resourceVersion")};
  const auto spec = lease.find("spec");
  if (spec == lease.end() || !spec->is_object()) return stored;
  stored.record = {.holder = text_at(*spec, "holderIdentity"),
                   .duration = std::chrono::seconds{count_at(*spec, "leaseDurationSeconds")},
                   .acquire_time = time_at(*spec, "acquireTime"),
                   .renew_time = time_at(*spec, "renewTime"),
                   .transitions = count_at(*spec, "leaseTransitions")};
  return stored;
}

nlohmann::json encode_lease(nlohmann::json lease, const LeaseRecord& record) {
  nlohmann::json& spec = lease["spec"];
  if (!spec.is_object()) spec = nlohmann::json::object();
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration.count();
  spec["acquireTime"] = base::format_micro_time(record.acquire_time);
  spec["renewTime"] = base::format_micro_time(record.renew_time);
  spec["leaseTransitions"] = record.transitions;
  return lease;
}

nlohmann::json new_lease(const kube::ObjectKey& key) {
  return {{"apiVersion", kube::kLeases.api_version()},
          {"kind", kube::kLeases.kind},
          {"metadata", {{"name", key.name}, {"namespace", key.namespace_}}}};
}

}  // namespace runtime
