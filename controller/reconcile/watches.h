// What enqueues what: changes of objects become keys of work. Entry point: connect.
// Handlers are quick and run on the informers' threads.
#pragma once

#include "api/automation_profile.h"
#include "api/certificate_order.h"
#include "api/duplicate_certificate_request.h"
#include "reconcile/observe.h"
#include "reconcile/secrets.h"
#include "reconcile/sponsors.h"
#include "runtime/informer.h"
#include "runtime/work_queue.h"

namespace reconcile {

// Index of requests: their namespace.
inline constexpr const char* kByNamespace = "namespace";
// Index of profiles: "namespace/name" of the Secret with the API key.
inline constexpr const char* kByCredentials = "credentials";

struct Informers {
  runtime::Informer<api::DuplicateCertificateRequest>& requests;
  runtime::Informer<api::AutomationProfile>& profiles;
  runtime::Informer<SecretMeta>& secrets;             // ours, by label
  runtime::Informer<api::CertificateOrder>& entries;  // the ledger
};

struct Queues {
  runtime::WorkQueue& requests;
  runtime::WorkQueue& profiles;
  runtime::WorkQueue& entries;
};

// Adds the indexes and the handlers. Call once, before the informers start; everything must
// outlive them.
void connect(const Informers& informers, const Queues& queues, const Sponsors& sponsors,
             OwnWrites& own_writes);

// The same for the labels of namespaces, once they have all been listed: no worker runs before
// that.
void connect_namespaces(runtime::Informer<NamespaceMeta>& namespaces, const Informers& informers,
                        const Queues& queues);

// Looks again at all requests of a profile ("namespace/name"), of a namespace, and at all profiles
// that take their API key from a Secret ("namespace/name").
void wake_by_profile(const Informers& informers, const Queues& queues, const std::string& profile);
void wake_by_namespace(const Informers& informers, const Queues& queues,
                       const std::string& namespace_);
void wake_by_credentials(const Informers& informers, const Queues& queues,
                         const std::string& secret);

// Whether a change of a request is more than our own status write: only what a pass reads counts.
// Pure.
bool needs_a_pass(const runtime::Change<api::DuplicateCertificateRequest>& change);

// Whether another request that waits for the Secret which this one wanted may have it now. Pure.
bool lets_go_of_its_secret(const runtime::Change<api::DuplicateCertificateRequest>& change);

// The keys of the requests that a change of `secret` concerns, by its label. Pure.
std::vector<std::string> requests_of(const api::ObjectMeta& secret);

}  // namespace reconcile
