#include "reconcile/watches.h"

#include "api/defaults.h"
#include "api/names.h"
#include "reconcile/ledger.h"

namespace reconcile {
namespace {

using Request = api::DuplicateCertificateRequest;
using Profile = api::AutomationProfile;

std::string secret_key(const Request& request) {
  return kube::ObjectKey{request.meta.namespace_, request.spec.secret_name}.text();
}

void add_indexes(const Informers& informers) {
  informers.requests.add_index(
      kBySecret, [](const Request& request) { return std::vector{secret_key(request)}; });
  informers.requests.add_index(kByProfile, [](const Request& request) {
    return std::vector{
        kube::ObjectKey{api::profile_namespace(request), request.spec.profile_ref.name}.text()};
  });
  informers.requests.add_index(
      kByNamespace, [](const Request& request) { return std::vector{request.meta.namespace_}; });
  informers.entries.add_index(kByAccount, [](const api::CertificateOrder& entry) {
    return std::vector{entry.spec.account};
  });
  informers.profiles.add_index(kByCredentials, [](const Profile& profile) {
    return std::vector{
        kube::ObjectKey{profile.meta.namespace_, profile.spec.account.api_key_secret_ref.name}
            .text()};
  });
}

// Found by the first listing: behind what users change now, and of those the soonest to expire
// first.
runtime::Urgency urgency_of(bool initial) {
  return {.priority = initial ? runtime::kPriorityBackground : runtime::kPriorityUser};
}
runtime::Urgency urgency_of(const runtime::Change<Request>& change) {
  runtime::Urgency urgency = urgency_of(change.initial);
  const auto& request = change.after ? change.after : change.before;
  const auto& certificate = request->status.certificate;
  if (certificate && certificate->not_after) urgency.due = *certificate->not_after;
  return urgency;
}

void add_all(const std::vector<std::string>& keys, runtime::WorkQueue& queue) {
  for (const std::string& key : keys) queue.add(key);
}

}  // namespace

bool needs_a_pass(const runtime::Change<Request>& change) {
  if (!change.before || !change.after || change.recreated()) return true;
  // The generation too: an edit that was taken back before we saw it leaves the same spec, and a
  // status that must say so (observedGeneration).
  return change.before->spec != change.after->spec ||
         change.before->meta.generation != change.after->meta.generation ||
         change.before->meta.annotations != change.after->meta.annotations ||
         change.before->meta.deletion_time != change.after->meta.deletion_time;
}

bool lets_go_of_its_secret(const runtime::Change<Request>& change) {
  const auto& [key, before, after, initial] = change;
  if (!before || !after || change.recreated()) return before != nullptr;
  return before->spec.secret_name != after->spec.secret_name ||
         before->meta.deletion_time != after->meta.deletion_time;
}

std::vector<std::string> requests_of(const api::ObjectMeta& secret) {
  const auto owner = secret.labels.find(std::string(api::kRequestLabel));
  if (owner == secret.labels.end()) return {};
  return {kube::ObjectKey{secret.namespace_, owner->second}.text()};
}

void connect(const Informers& informers, const Queues& queues, const Sponsors& sponsors,
             OwnWrites& own_writes) {
  add_indexes(informers);
  const auto& store = informers.requests.store();
  informers.requests.on_change([queues, &store](const runtime::Change<Request>& change) {
    if (!needs_a_pass(change)) return;
    queues.requests.add(change.key, urgency_of(change));
    if (lets_go_of_its_secret(change)) {
      add_all(store.keys_by_index(kBySecret, secret_key(*change.before)), queues.requests);
    }
  });
  informers.profiles.on_change([queues](const runtime::Change<Profile>& change) {
    queues.profiles.add(change.key, urgency_of(change.initial));
  });
  informers.secrets.on_change([queues, &requests = informers.requests, &store,
                               &own_writes](const runtime::Change<SecretMeta>& change) {
    if (!requests.has_synced()) return;  // each will be looked at when it is listed
    const std::string writer = own_writes.take_writer(change);
    const auto wake = [&](const std::string& key, const runtime::Urgency& urgency) {
      if (key != writer) queues.requests.add(key, urgency);
    };
    for (const auto& side : {change.before, change.after}) {
      if (!side) continue;
      for (const std::string& key : requests_of(side->meta)) wake(key, urgency_of(change.initial));
    }
    for (const std::string& key : store.keys_by_index(kBySecret, change.key)) wake(key, {});
  });
  informers.entries.on_change(
      [queues, &sponsors](const runtime::Change<api::CertificateOrder>& change) {
        queues.entries.add(change.key, urgency_of(change.initial));
        const auto& entry = change.after ? change.after : change.before;
        for (const std::string& key : sponsors.waiting_for(entry->meta.name)) {
          queues.requests.add(key);
        }
        queues.requests.add(entry->spec.requested_by);
      });
}

// A later listing tells of what changed while there was no watch.
void connect_namespaces(runtime::Informer<NamespaceMeta>& namespaces, const Informers& informers,
                        const Queues& queues) {
  namespaces.on_change([&namespaces, informers, queues](const auto& change) {
    if (namespaces.has_synced()) wake_by_namespace(informers, queues, change.key);
  });
}

void wake_by_profile(const Informers& informers, const Queues& queues, const std::string& profile) {
  add_all(informers.requests.store().keys_by_index(kByProfile, profile), queues.requests);
  for (const auto& entry : informers.entries.store().list()) {
    // Of a superseded one our own order may still turn up.
    const bool watched =
        !api::is_closed(entry->status.state) || entry->status.state == api::OrderState::kSuperseded;
    if (watched) queues.entries.add(api::key_of(entry->meta));
  }
}

void wake_by_namespace(const Informers& informers, const Queues& queues,
                       const std::string& namespace_) {
  add_all(informers.requests.store().keys_by_index(kByNamespace, namespace_), queues.requests);
}

void wake_by_credentials(const Informers& informers, const Queues& queues,
                         const std::string& secret) {
  for (const auto& profile : informers.profiles.store().by_index(kByCredentials, secret)) {
    queues.profiles.add(api::key_of(profile->meta));
  }
}

}  // namespace reconcile
