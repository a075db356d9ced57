#include "api/packing.h"

#include <algorithm>

#include "api/codec_shared.h"
#include "api/names.h"
#include "api/reason.h"

namespace api {
namespace {

std::vector<std::string_view> all_words() {
  std::vector<std::string_view> words{
      kApiVersion, kAutomationProfileKind, kDuplicateCertificateRequestKind, kCertificateOrderKind,
      // Labels and annotations of Secrets and requests.
      kManagedByLabel, kManagedByValue, kRequestLabel, kPendingLabel, kPendingLabelValue,
      kAccountAnnotation, kOrderIdAnnotation, kCertificateIdAnnotation, kSerialNumberAnnotation,
      kCommonNameAnnotation, kAltNamesAnnotation, kNotAfterAnnotation, kProfileAnnotation,
      kBackupAnnotation, kRenewRequestedAtAnnotation, kNoGainAnnotation,
      // Conditions.
      kReady, kRenewing, kReconciling, kStalled,
      // Others.
      "default", "password", "UTC"};
  for (const Reason reason : all_reasons()) words.push_back(name_of(reason));
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  return words;
}

// The binding names every member: one that is added does not compile before it is packed, too.
template <class Io, class Meta>
void meta_fields(Io& io, Meta& meta) {
  auto& [namespace_, name, uid, resource_version, generation, creation_time, deletion_time, labels,
         annotations, owner_references] = meta;
  io.required("namespace", namespace_);
  io.required("name", name);
  io.field("uid", uid);
  io.field("resourceVersion", resource_version);
  io.field("generation", generation);
  io.field("creationTimestamp", creation_time);
  io.field("deletionTimestamp", deletion_time);
  io.field("labels", labels);
  io.field("annotations", annotations);
  io.field("ownerReferences", owner_references);
}

}  // namespace

base::PackWords pack_words() {
  static const std::vector<std::string_view> words = all_words();
  return words;
}

void fields(PackOut& io, const ObjectMeta& meta) {
  meta_fields(io, meta);
}

void fields(PackIn& io, ObjectMeta& meta) {
  meta_fields(io, meta);
}

}  // namespace api
