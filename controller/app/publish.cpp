#include "app/publish.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "base/log.h"
#include "base/thread_annotations.h"
#include "cli/options.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "reconcile/resources.h"

namespace app {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kRetry = 5s;

base::Result<json> read_profiles(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return base::fail(base::Code::kInvalid, fmt::format("--publish: read {}", path));
  json profiles = json::parse(text.str(), nullptr, false);
  const auto is_profile = [](const json& profile) {
    return profile.is_object() && profile.contains("/metadata/name"_json_pointer) &&
           profile.contains("/spec/account/apiKeySecretRef/name"_json_pointer) &&
           profile.value("kind", json()) == api::kAutomationProfileKind;
  };
  if (profiles.is_array() && std::ranges::all_of(profiles, is_profile)) return profiles;
  return base::fail(base::Code::kInvalid,
                    fmt::format("--publish: {} is no JSON list of AutomationProfiles with "
                                "metadata.name and spec.account.apiKeySecretRef.name",
                                path));
}

json secret_of(const json& profile, const std::string& namespace_, const Publication& what) {
  const json& reference = profile["spec"]["account"]["apiKeySecretRef"];
  json object{{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"type", "Opaque"},
              {"metadata",
               {{"name", reference["name"]},
                {"namespace", namespace_},
                {"labels", {{"app.kubernetes.io/part-of", "duplicert"}}}}}};
  json& data = object["data"];
  data[reference.value("key", "api-key")] = base::to_base64(what.api_key.expose());
  data["ca.pem"] = base::to_base64(what.trust_pem);
  data["root.pem"] = base::to_base64(what.root_pem);
  return object;
}

base::Result<void> apply_one(kube::Client& client, json profile, const std::string& namespace_,
                             const Publication& what, const std::stop_token& stop) {
  const json secret = secret_of(profile, namespace_, what);
  const std::string secret_name = secret["metadata"]["name"];
  const std::string name = profile["metadata"]["name"];
  TRY_VOID(
      client.apply(kube::kSecrets, {namespace_, secret_name}, secret, kube::Force::kYes, stop));
  profile["metadata"]["namespace"] = namespace_;
  profile["spec"]["account"]["url"] = what.url;
  profile["spec"]["account"]["caBundle"] = base::to_base64(what.trust_pem);
  TRY_VOID(
      client.apply(reconcile::kProfiles, {namespace_, name}, profile, kube::Force::kYes, stop));
  base::log_info("published", {{"namespace", namespace_}, {"profile", name}, {"url", what.url}});
  return {};
}

base::Result<void> apply_all(kube::Client& client, const json& profiles,
                             const std::string& home_namespace, const Publication& what,
                             const std::stop_token& stop) {
  for (const json& profile : profiles) {
    const std::string namespace_ =
        profile.value("/metadata/namespace"_json_pointer, home_namespace);
    TRY_VOID(apply_one(client, profile, namespace_, what, stop));
  }
  return {};
}

void wait(const std::stop_token& stop) {
  base::Mutex mutex;
  base::ConditionVariable waiting;
  const base::MutexLock lock(mutex);
  waiting.wait_for(mutex, stop, kRetry, [] { return false; });
}

}  // namespace

base::Result<void> publish_simulator(const Publication& publication, const base::Clock& clock,
                                     std::stop_token stop) {
  const json profiles = TRY(read_profiles(publication.profiles_file));
  const kube::Config config = TRY(kube::load_config(kube::system_config_source()));
  const auto client =
      TRY(kube::connect(config, {.field_manager = "duplicert-simulator"},
                        fmt::format("duplicert/{} (linux)/simulator", cli::version()), clock));
  while (!stop.stop_requested()) {
    const auto done = apply_all(*client, profiles, config.namespace_, publication, stop);
    if (done) return {};
    base::log_warn("not published yet; are the CRDs installed?", {{"error", done.error().message}});
    wait(stop);
  }
  return base::fail(base::Code::kCancelled, "publish: stopped");
}

}  // namespace app
