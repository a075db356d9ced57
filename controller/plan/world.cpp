#include "plan/world.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "kube/request.h"
#include "plan/read_only_transport.h"
#include "reconcile/ledger.h"
#include "reconcile/resources.h"

namespace plan {
namespace {

using nlohmann::json;

constexpr std::string_view kNoCluster = "https://manifests.invalid";
constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

template <class T>
std::shared_ptr<const T> shared(T value) {
  return std::make_shared<const T>(std::move(value));
}

template <class T>
void put(runtime::Store<T>& store, T value) {
  store.remove(runtime::key_of(value));
  store.upsert(shared(std::move(value)));
}

// What applying `wanted` over `known` gives, as far as we look at it.
template <class T>
T applied(const T& wanted, const std::shared_ptr<const T>& known, base::TimePoint now) {
  T result = wanted;
  if (!known) {
    result.meta.uid = "manifest/" + api::key_of(wanted.meta);
    result.meta.resource_version = "manifest";
    result.meta.generation = 1;
    result.meta.creation_time = now;
    return result;
  }
  result.meta = known->meta;
  for (const auto& [name, value] : wanted.meta.labels) result.meta.labels[name] = value;
  for (const auto& [name, value] : wanted.meta.annotations) result.meta.annotations[name] = value;
  if (wanted.spec != known->spec) result.meta.generation += 1;
  result.status = known->status;
  return result;
}

// The metadata that the Secret had when the status was written: for who may not read Secrets.
std::optional<reconcile::SecretMeta> recalled(const api::DuplicateCertificateRequest& request) {
  const auto& known = request.status.certificate;
  if (!known || known->secret_uid.empty()) return std::nullopt;
  json notes = json::object();
  const auto note = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) notes[std::string(name)] = value;
  };
  if (request.status.order) {
    note(api::kOrderIdAnnotation, std::to_string(request.status.order->id));
  }
  if (known->id) note(api::kCertificateIdAnnotation, std::to_string(*known->id));
  note(api::kRenewRequestedAtAnnotation, request.status.last_renew_requested_at.value_or(""));
  json secret{{"metadata",
               {{"name", request.spec.secret_name},
                {"namespace", request.meta.namespace_},
                {"uid", known->secret_uid},
                {"resourceVersion", known->secret_resource_version},
                {"annotations", notes}}}};
  json marked = reconcile::marks_of(request, secret);
  marked["metadata"].update({{"name", request.spec.secret_name},
                             {"namespace", request.meta.namespace_},
                             {"uid", known->secret_uid},
                             {"resourceVersion", known->secret_resource_version}});
  auto meta = reconcile::decode_secret_meta(marked);
  if (!meta) return std::nullopt;
  return *std::move(meta);
}

}  // namespace

base::Result<std::unique_ptr<World>> World::load(Catalog catalog, const WorldOptions& options,
                                                 const base::Clock& clock, std::stop_token stop) {
  auto world = std::unique_ptr<World>(new World(std::move(catalog), clock));
  world->requests_.add_index(
      reconcile::kBySecret, [](const api::DuplicateCertificateRequest& request) {
        return std::vector{
            kube::ObjectKey{request.meta.namespace_, request.spec.secret_name}.text()};
      });
  world->entries_.add_index(reconcile::kByAccount, [](const api::CertificateOrder& entry) {
    return std::vector{entry.spec.account};
  });
  world->has_cluster_ = options.cluster.has_value();
  TRY_VOID(world->connect(options));
  if (world->has_cluster_) TRY_VOID(world->read_cluster(options, stop));
  world->add_manifests();
  world->add_namespaces();
  return world;
}

base::Result<void> World::connect(const WorldOptions& options) {
  const std::string server = options.cluster ? options.cluster->server : std::string(kNoCluster);
  std::map<std::string, std::string> answers;
  for (const auto& [key, secret] : catalog_.secrets) {
    const auto object = kube::ObjectKey::parse(key);
    if (!object) continue;
    const auto request = kube::get_request(kube::kSecrets, *object);
    if (request) answers.emplace(server + request->path, secret.dump());
  }
  for (auto& [key, secret] : catalog_.secrets) reconcile::wipe(secret);
  catalog_.secrets.clear();
  kube::Connection to{.tokens =
                          std::make_shared<kube::TokenSource>(base::SecretString(), "", clock_)};
  if (options.cluster) {
    to = TRY(kube::open_connection(*options.cluster, options.user_agent, clock_));
  }
  client_ = std::make_unique<kube::Client>(
      kube::ClientOptions{
          .server = server, .headers = std::move(to.headers), .field_manager = "duplicert-plan"},
      std::make_unique<ReadOnlyTransport>(std::move(to.transport), std::move(answers)),
      std::move(to.tokens), clock_);
  return {};
}

base::Result<void> World::read_cluster(const WorldOptions& options, const std::stop_token& stop) {
  TRY_VOID(read_requests(options, stop));
  TRY_VOID(read_profiles(options, stop));
  TRY_VOID(read_secrets(options, stop));
  TRY_VOID(read_ledger(options, stop));
  return read_namespaces(options, stop);
}

// Of all namespaces, else of those that matter; what may not be read becomes a note.
base::Result<json> World::list(const kube::Resource& resource, const WorldOptions& options,
                               const kube::ListOptions& how, const std::string& note,
                               const std::stop_token& stop) {
  auto all = client_->list_all(resource, "", how, stop);
  if (all || all.error().code != base::Code::kPermissionDenied) return all;
  json items = json::array();
  std::string refused;
  for (const std::string& name : options.namespaces) {
    auto some = client_->list_all(resource, name, how, stop);
    if (!some && some.error().code != base::Code::kPermissionDenied) return some;
    if (!some) refused = some.error().message;
    if (some) items.insert(items.end(), (*some)["items"].begin(), (*some)["items"].end());
  }
  if (!refused.empty()) notes_.push_back(fmt::format("{} ({})", note, refused));
  return json{{"items", std::move(items)}};
}

base::Result<void> World::read_requests(const WorldOptions& options, const std::stop_token& stop) {
  const auto found =
      TRY(list(reconcile::kRequests, options, {},
               "the requests in the cluster cannot be read: each is taken for new", stop));
  for (const json& item : found["items"]) {
    auto request = TRY(api::decode_duplicate_certificate_request(item));
    put(requests_, std::move(request));
  }
  return {};
}

base::Result<void> World::read_profiles(const WorldOptions& options, const std::stop_token& stop) {
  const auto found = TRY(
      list(reconcile::kProfiles, options, {}, "the profiles in the cluster cannot be read", stop));
  for (const json& item : found["items"]) {
    auto profile = TRY(api::decode_automation_profile(item));
    put(profiles_, std::move(profile));
  }
  // Those in namespaces that may not be listed are perhaps readable one by one.
  for (const auto& request : requests_.list()) {
    const kube::ObjectKey key{api::profile_namespace(*request), request->spec.profile_ref.name};
    if (profiles_.get(key.text())) continue;
    const auto one = client_->get(reconcile::kProfiles, key, stop);
    if (!one) continue;
    auto profile = TRY(api::decode_automation_profile(*one));
    put(profiles_, std::move(profile));
  }
  return {};
}

base::Result<void> World::read_secrets(const WorldOptions& options, const std::stop_token& stop) {
  const std::size_t before = notes_.size();
  const auto found = TRY(list(
      kube::kSecrets, options,
      {.label_selector = fmt::format("{}={}", api::kManagedByLabel, api::kManagedByValue),
       .view = kube::View::kMetadata},
      "Secrets cannot be read: what they hold is taken from the status of the requests", stop));
  for (const json& item : found["items"]) {
    auto meta = TRY(reconcile::decode_secret_meta(item));
    put(secrets_, std::move(meta));
  }
  if (notes_.size() != before) recall_secrets();
  return {};
}

void World::recall_secrets() {
  for (const auto& request : requests_.list()) {
    const kube::ObjectKey key{request->meta.namespace_, request->spec.secret_name};
    if (secrets_.get(key.text())) continue;
    if (auto meta = recalled(*request)) put(secrets_, *std::move(meta));
  }
}

base::Result<void> World::read_ledger(const WorldOptions& options, const std::stop_token& stop) {
  const std::string& home = options.ledger_namespace;
  auto found = client_->list_all(reconcile::kOrders, home, {}, stop);
  if (!found && found.error().code == base::Code::kPermissionDenied) {
    notes_.push_back(fmt::format(
        "the ledger cannot be read: an order that is being placed is not seen before the CA shows "
        "it; give --ledger-namespace, or the right to list certificateorders ({})",
        found.error().message));
    return {};
  }
  if (!found) return std::unexpected(found.error());
  for (const json& item : (*found)["items"]) {
    auto entry = TRY(api::decode_certificate_order(item));
    put(entries_, std::move(entry));
  }
  return {};
}

base::Result<void> World::read_namespaces(const WorldOptions& options,
                                          const std::stop_token& stop) {
  json items = json::array();
  auto all = client_->list_all(kube::kNamespaces, "", {.view = kube::View::kMetadata}, stop);
  if (!all && all.error().code != base::Code::kPermissionDenied) {
    return std::unexpected(all.error());
  }
  if (all) items = (*all)["items"];
  for (const std::string& name : all ? std::set<std::string>{} : options.namespaces) {
    const auto one = client_->get(kube::kNamespaces, {"", name}, stop, kube::View::kMetadata);
    if (one) items.push_back(*one);
  }
  for (const json& item : items) {
    reconcile::NamespaceMeta entry;
    entry.meta = TRY(api::decode_metadata(item));
    put(namespaces_, std::move(entry));
  }
  return {};
}

void World::add_manifests() {
  const base::TimePoint now = clock_.now();
  for (const auto& [key, profile] : catalog_.profiles) {
    put(profiles_, applied(profile.value, profiles_.get(key), now));
  }
  for (const auto& [key, request] : catalog_.requests) {
    put(requests_, applied(request.value, requests_.get(key), now));
  }
}

void World::add_namespaces() {
  std::set<std::string> names;
  for (const auto& request : requests_.list()) names.insert(request->meta.namespace_);
  for (const auto& [name, labels] : catalog_.namespaces) names.insert(name);
  for (const std::string& name : names) {
    const auto known = namespaces_.get(name);
    reconcile::NamespaceMeta meta =
        known ? *known : reconcile::NamespaceMeta{.meta = {.name = name}};
    meta.meta.labels.emplace(kNameLabel, name);
    const auto given = catalog_.namespaces.find(name);
    if (given != catalog_.namespaces.end()) {
      for (const auto& [label, value] : given->second) meta.meta.labels[label] = value;
    }
    put(namespaces_, std::move(meta));
  }
}

reconcile::Caches World::caches() {
  return {.requests = requests_,
          .profiles = profiles_,
          .namespaces = namespaces_,
          .secrets = secrets_,
          .entries = entries_,
          .profile_states = profile_states_};
}

std::vector<std::string> World::planned() const {
  std::vector<std::string> keys;
  for (const auto& request : requests_.list()) {
    const std::string key = api::key_of(request->meta);
    const std::string profile =
        kube::ObjectKey{api::profile_namespace(*request), request->spec.profile_ref.name}.text();
    if (catalog_.requests.contains(key) || catalog_.profiles.contains(profile)) keys.push_back(key);
  }
  return keys;
}

std::string World::place_of_request(const std::string& key) const {
  const auto at = catalog_.requests.find(key);
  return at == catalog_.requests.end() ? "cluster" : at->second.place;
}

std::string World::place_of_profile(const std::string& key) const {
  const auto at = catalog_.profiles.find(key);
  return at == catalog_.profiles.end() ? "cluster" : at->second.place;
}

void World::add_entry(const api::CertificateOrder& entry) {
  put(entries_, entry);
}

}  // namespace plan
