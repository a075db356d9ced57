#include <thread>

#include <fmt/format.h>

#include "kube/response.h"
#include "run.h"
#include "workloads.h"

namespace bench {
namespace {

using base::Result;
using nlohmann::json;

// All objects of one kind in all namespaces, by the stream that the operator reads: how many.
Result<std::size_t> read_all(kube::Client& client, const kube::Resource& resource,
                             const kube::WatchOptions& options) {
  std::size_t count = 0;
  bool complete = false;
  const auto ended = client.watch(
      resource, "", options,
      [&](kube::WatchType type, json&& object) -> Result<void> {
        complete = type == kube::WatchType::kBookmark && kube::is_end_of_initial_events(object);
        if (complete) return base::fail(base::Code::kCancelled, "the list is complete");
        ++count;
        return {};
      },
      {});
  if (complete) return count;
  return ended ? base::fail(base::Code::kUnavailable, "the list ended early")
               : std::unexpected(ended.error());
}

}  // namespace

Result<json> bare_lists(kube::Client& client, const Settings& settings) {
  Run run(settings);
  Result<std::size_t> secrets = 0;
  Result<std::size_t> objects = 0;
  {
    const std::jthread other([&] {
      secrets = read_all(client, kube::kSecrets,
                         {.label_selector = settings.secrets,
                          .initial_events = true,
                          .view = kube::View::kMetadata});
    });
    objects = read_all(client, settings.goal.resource, {.initial_events = true});
  }
  const double seconds = run.seconds();
  json result = run.finish();
  result["seconds"] = seconds;
  result["objects"] = TRY(std::move(objects));
  result["secrets"] = TRY(std::move(secrets));
  if (result["objects"] < settings.count || result["secrets"] < settings.count) {
    return base::fail(
        base::Code::kCorrupt,
        fmt::format("{} objects and {} Secrets are fewer than {}", result["objects"].dump(),
                    result["secrets"].dump(), settings.count));
  }
  return result;
}

}  // namespace bench
