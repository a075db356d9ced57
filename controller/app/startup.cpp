#include "app/startup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/fields.h"
#include "api/names.h"
#include "base/log.h"
#include "cli/options.h"
#include "plan/schema.h"
#include "reconcile/resources.h"
#include "runtime/pause.h"

namespace app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kLookAgain = 2s;
constexpr std::size_t kFieldsTold = 5;
constexpr std::string_view kApplyCrds =
    "kubectl apply --server-side -k crds, or crds.enabled of the chart";

std::string name_of(const kube::Resource& resource) {
  return resource.group.empty() ? resource.plural : resource.plural + "." + resource.group;
}

std::string listed(std::vector<std::string> fields) {
  const std::size_t more = fields.size() > kFieldsTold ? fields.size() - kFieldsTold : 0;
  fields.resize(fields.size() - more);
  return fmt::format("{}{}", fmt::join(fields, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

// The schema of the kind in the document, or null.
json schema_of(const json& document, std::string_view kind) {
  const json::json_pointer at("/components/schemas");
  if (!document.contains(at) || !document[at].is_object()) return nullptr;
  for (const auto& [name, schema] : document[at].items()) {
    if (name.ends_with("." + std::string(kind))) return schema;
  }
  return nullptr;
}

void judge(const kube::Resource& resource, const json& document, SchemaFindings& found) {
  const json schema = schema_of(document, resource.kind);
  if (schema.is_null()) {
    found.problem = listing_problem(resource, base::Error{.code = base::Code::kNotFound});
    return;
  }
  const api::SchemaGap gap = api::compare_schemas(*plan::crd_schema_of(resource.kind), schema);
  if (!gap.missing.empty()) {
    found.problem = fmt::format(
        "the CRD {} is older than duplicert {}, it lacks {}: bring the CRDs up to date ({})",
        name_of(resource), cli::version(), listed(gap.missing), kApplyCrds);
  } else if (!gap.unknown.empty()) {
    found.remark = fmt::format(
        "the CRD {} is newer than duplicert {}, which ignores {}: bring the operator up to date",
        name_of(resource), cli::version(), listed(gap.unknown));
  }
}

base::Result<std::string> read_schemas(kube::Client& client, const std::stop_token& stop) {
  const json document = TRY(client.openapi(reconcile::kRequests, stop));
  return document.dump();
}

}  // namespace

std::string listing_problem(const kube::Resource& resource,
                            const std::optional<base::Error>& error) {
  if (!error) return "";
  if (error->code == base::Code::kNotFound) {
    return fmt::format("the API server does not know {} {}: install the CRDs ({})",
                       name_of(resource), resource.version, kApplyCrds);
  }
  if (error->code == base::Code::kPermissionDenied) {
    return fmt::format("may not list and watch {}: {}: give this account the roles of the chart",
                       name_of(resource), error->message);
  }
  return error->message;
}

std::string lease_problem(const std::optional<base::Error>& error) {
  if (!error || error->code != base::Code::kPermissionDenied) return "";
  return "cannot become leader: " + error->message + ": give this account the roles of the chart";
}

SchemaFindings judge_schemas(const base::Result<std::string>& document) {
  SchemaFindings found;
  if (!document && document.error().code == base::Code::kPermissionDenied) {
    found.remark = "the CRDs cannot be compared with this program: " + document.error().message;
    return found;
  }
  if (!document) {
    found.problem = document.error().code == base::Code::kNotFound
                        ? listing_problem(reconcile::kRequests, document.error())
                        : document.error().message;
    return found;
  }
  const json parsed = json::parse(*document, nullptr, false);
  for (const auto* resource : {&reconcile::kProfiles, &reconcile::kRequests, &reconcile::kOrders}) {
    judge(*resource, parsed, found);
    if (!found.problem.empty()) break;
  }
  return found;
}

void Notice::set(runtime::CheckResult result) {
  const base::MutexLock lock(mutex_);
  result_ = std::move(result);
}

runtime::CheckResult Notice::get() const {
  const base::MutexLock lock(mutex_);
  return result_;
}

bool wait_for_schemas(kube::Client& client, Notice& notice, const std::stop_token& stop) {
  std::string told;
  do {
    const SchemaFindings found = judge_schemas(read_schemas(client, stop));
    if (stop.stop_requested()) return false;
    const bool fits = found.problem.empty();
    const std::string text = fits ? found.remark : found.problem;
    notice.set({.ok = fits, .told = text});
    if (text != told) {
      base::log_warn(text + (fits ? "" : "; waiting for that, it goes on by itself"));
    }
    told = text;
    if (fits) return true;
  } while (runtime::pause(kLookAgain, stop));
  return false;
}

}  // namespace app
