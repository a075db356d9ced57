#include "reconcile/secrets.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "api/packing.h"
#include "base/text.h"
#include "reconcile/keystore.h"
#include "reconcile/patch_over.h"

namespace reconcile {
namespace {

using nlohmann::json;

constexpr std::string_view kCsrKey = "tls.csr";
constexpr std::string_view kIntentKey = "intent.json";
constexpr std::string_view kSubmittedAt = "duplicert.io/submitted-at";
constexpr std::string_view kSends = "duplicert.io/sends";
constexpr std::string_view kRequestId = "duplicert.io/request-id";
constexpr std::string_view kRefusedAt = "duplicert.io/refused-at";
constexpr std::string_view kRefusedReason = "duplicert.io/refused-reason";
constexpr std::string_view kRefusedMessage = "duplicert.io/refused-message";
constexpr std::string_view kRefusedInputs = "duplicert.io/refused-inputs";
constexpr std::string_view kRefusals = "duplicert.io/refusals";  // stays when the mark moves

using Annotations = std::map<std::string, std::string>;

std::string text_of(const Annotations& annotations, std::string_view name) {
  const auto at = annotations.find(std::string(name));
  return at == annotations.end() ? std::string{} : at->second;
}

// 0 if it is absent or anything but a number from 0 on: nobody but us should write it.
std::int64_t number_of(const Annotations& annotations, std::string_view name) {
  const std::string text = text_of(annotations, name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number >= 0 ? number : 0;
}

int count_of(const Annotations& annotations, std::string_view name) {
  constexpr std::int64_t kCountMax = 1'000'000;
  return static_cast<int>(std::min(number_of(annotations, name), kCountMax));
}

std::optional<base::TimePoint> time_of(const Annotations& annotations, std::string_view name) {
  const auto time = base::parse_time(text_of(annotations, name));
  return time ? std::optional(*time) : std::nullopt;
}

api::ObjectMeta meta_of(const json& secret) {
  auto meta = api::decode_metadata(secret);
  return meta ? *std::move(meta) : api::ObjectMeta{};
}

std::optional<api::KeyParameters> key_parameters(const x509::KeyParams& params) {
  switch (params.algorithm) {
    case x509::KeyAlgorithm::kEcdsa:
      return api::KeyParameters{api::KeyAlgorithm::kEcdsa, params.size};
    case x509::KeyAlgorithm::kRsa:
      return api::KeyParameters{api::KeyAlgorithm::kRsa, params.size};
    case x509::KeyAlgorithm::kOther:
      return std::nullopt;
  }
  return std::nullopt;
}

json encode_intent(const Intent& intent) {
  json value{{"account", intent.account},
             {"orderID", intent.order_id},
             {"commonName", intent.names.common_name},
             {"dnsNames", intent.names.dns_names},
             {"keyAlgorithm", intent.key.algorithm == api::KeyAlgorithm::kRsa ? "RSA" : "ECDSA"},
             {"keySize", intent.key.size}};
  if (intent.asked_order_id) value["askedOrderID"] = *intent.asked_order_id;
  if (!intent.entry.empty()) value["entry"] = intent.entry;
  return value;
}

std::optional<Intent> decode_intent(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  try {
    Intent intent{.account = value.at("account").get<std::string>(),
                  .order_id = value.at("orderID").get<std::int64_t>(),
                  .names = {value.at("commonName").get<std::string>(),
                            value.at("dnsNames").get<std::vector<std::string>>()},
                  .key = {value.at("keyAlgorithm") == "RSA" ? api::KeyAlgorithm::kRsa
                                                            : api::KeyAlgorithm::kEcdsa,
                          value.at("keySize").get<std::int32_t>()}};
    if (value.contains("askedOrderID")) {
      intent.asked_order_id = value.at("askedOrderID").get<std::int64_t>();
    }
    intent.entry = value.value("entry", "");
    return intent;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

json owner_reference(const api::DuplicateCertificateRequest& request) {
  return {{"apiVersion", api::kApiVersion},
          {"kind", api::kDuplicateCertificateRequestKind},
          {"name", request.meta.name},
          {"uid", request.meta.uid},
          {"controller", true}};
}

json patch_of(const rules::PendingFacts& pending, json annotations) {
  return {{"metadata",
           {{"uid", pending.uid},
            {"resourceVersion", pending.resource_version},
            {"annotations", std::move(annotations)}}}};
}

std::optional<rules::Refusal> refusal_of(const Annotations& annotations) {
  const auto at = time_of(annotations, kRefusedAt);
  if (!at) return std::nullopt;
  return rules::Refusal{.reason = api::parse_reason(text_of(annotations, kRefusedReason))
                                      .value_or(api::Reason::kCaRejected),
                        .message = text_of(annotations, kRefusedMessage),
                        .at = *at,
                        .count = count_of(annotations, kRefusals),
                        .inputs = text_of(annotations, kRefusedInputs)};
}

// "<order>/<certificate id>"; zeros if there is no such mark, or it cannot be read.
std::pair<std::int64_t, std::int64_t> no_gain_of(const Annotations& annotations) {
  const std::string text = text_of(annotations, api::kNoGainAnnotation);
  const auto slash = text.find('/');
  std::int64_t order = 0;
  std::int64_t certificate = 0;
  if (slash == std::string::npos) return {0, 0};
  std::from_chars(text.data(), text.data() + slash, order);
  std::from_chars(text.data() + slash + 1, text.data() + text.size(), certificate);
  return {order, certificate};
}

// Cut at whole names, so that the text never ends inside one.
std::string joined(const std::vector<std::string>& names, std::size_t bytes_max) {
  std::string text;
  for (const std::string& name : names) {
    if (text.size() + name.size() + 1 > bytes_max) break;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

// What a template must not set. With our own prefix it could forge what a later pass relies on;
// with a mark by which a GitOps tool tracks what it owns, the tool would prune the Secret. Argo CD:
// argo-cd.readthedocs.io, user-guide/resource_tracking.
bool is_reserved(std::string_view name) {
  constexpr std::string_view kTracking[] = {
      "app.kubernetes.io/instance", "argocd.argoproj.io/instance", "argocd.argoproj.io/tracking-id",
      "argocd.argoproj.io/installation-id"};
  const std::string_view prefix = name.substr(0, name.find('/'));
  return prefix == api::kGroup || std::ranges::find(kTracking, name) != std::end(kTracking);
}

Annotations from_template(const std::map<std::string, std::string>& wanted) {
  Annotations kept;
  for (const auto& [name, value] : wanted) {
    if (!is_reserved(name)) kept[name] = value;
  }
  return kept;
}

Annotations target_annotations(const api::DuplicateCertificateRequest& request,
                               const x509::Chain& chain, const Installation& installation) {
  Annotations annotations = from_template(request.spec.secret_template.annotations);
  const auto set = [&](std::string_view name, const std::string& value) {
    annotations[std::string(name)] = value;
  };
  set(api::kAccountAnnotation, installation.account);
  set(api::kOrderIdAnnotation, std::to_string(installation.order_id));
  if (installation.certificate_id != 0) {
    set(api::kCertificateIdAnnotation, std::to_string(installation.certificate_id));
  }
  set(api::kSerialNumberAnnotation, leaf_facts(chain.leaf).serial_number);
  set(api::kCommonNameAnnotation, chain.leaf.common_name());
  set(api::kAltNamesAnnotation, joined(chain.leaf.dns_names(), api::kAltNamesBytesMax));
  set(api::kNotAfterAnnotation, base::format_time(chain.leaf.not_after()));
  set(api::kProfileAnnotation, installation.profile);
  if (!installation.renew_requested_at.empty()) {
    set(api::kRenewRequestedAtAnnotation, installation.renew_requested_at);
  }
  if (!installation.backup.empty()) set(api::kBackupAnnotation, installation.backup);
  return annotations;
}

// What a request wants of its Secret's metadata.
struct Marks {
  Annotations labels{};
  Annotations annotations{};
  bool is_owned = false;  // the request is its controller
};

Marks marks(const api::DuplicateCertificateRequest& request, Annotations annotations) {
  Marks wanted{.labels = from_template(request.spec.secret_template.labels),
               .annotations = std::move(annotations)};
  wanted.labels[std::string(api::kManagedByLabel)] = api::kManagedByValue;
  wanted.labels[std::string(api::kRequestLabel)] = request.meta.name;
  // An adopted Secret was there before the request, and stays when the request goes.
  const bool adopted = wanted.annotations.contains(std::string(api::kBackupAnnotation));
  wanted.is_owned = request.spec.deletion_policy == api::DeletionPolicy::kDelete && !adopted;
  return wanted;
}

json metadata_of(const api::DuplicateCertificateRequest& request, const Marks& wanted) {
  json metadata{{"name", request.spec.secret_name},
                {"namespace", request.meta.namespace_},
                {"labels", wanted.labels},
                {"annotations", wanted.annotations}};
  if (wanted.is_owned) metadata["ownerReferences"] = json::array({owner_reference(request)});
  return metadata;
}

// The template's annotations, and what is noted on the Secret under our own prefix.
Annotations kept_annotations(const api::DuplicateCertificateRequest& request,
                             const Annotations& annotations) {
  Annotations kept = from_template(request.spec.secret_template.annotations);
  for (const auto& [name, value] : annotations) {
    if (name.substr(0, name.find('/')) == api::kGroup) kept[name] = value;
  }
  return kept;
}

// Whose tool tracks the object by these marks, or "". Without one of them nobody would notice that
// we write it; with one, two would write it for ever.
// cert-manager.io, docs/reference/annotations; helm.sh, docs/howto/charts_tips_and_tricks;
// argo-cd.readthedocs.io, user-guide/resource_tracking; fluxcd.io, flux/components/kustomize.
std::string tracker_of(const api::ObjectMeta& meta) {
  const auto has_prefix = [&](std::string_view prefix) {
    const auto starts = [&](const auto& entry) { return entry.first.starts_with(prefix); };
    return std::ranges::any_of(meta.labels, starts) ||
           std::ranges::any_of(meta.annotations, starts);
  };
  if (has_prefix("cert-manager.io/") || has_prefix("controller.cert-manager.io/")) {
    return "cert-manager writes it; delete its Certificate, and then its cert-manager.io "
           "annotations and labels";
  }
  if (has_prefix("meta.helm.sh/") || text_of(meta.labels, api::kManagedByLabel) == "Helm") {
    return "it is part of a Helm release; take it out of the chart, with the annotation "
           "helm.sh/resource-policy: keep, and then its Helm labels and annotations off";
  }
  if (has_prefix("argocd.argoproj.io/") || meta.labels.contains("app.kubernetes.io/instance")) {
    return "Argo CD tracks it; take it out of the application, and then its argocd.argoproj.io "
           "annotations and its label app.kubernetes.io/instance off";
  }
  if (has_prefix("kustomize.toolkit.fluxcd.io/") || has_prefix("helm.toolkit.fluxcd.io/")) {
    return "Flux applies it; take it out of the Kustomization or HelmRelease, and then its "
           "toolkit.fluxcd.io labels off";
  }
  const std::string manager = text_of(meta.labels, api::kManagedByLabel);
  return manager.empty() || manager == api::kManagedByValue
             ? ""
             : fmt::format("it is managed by {}; take its label {} off once that is over", manager,
                           api::kManagedByLabel);
}

}  // namespace

base::Result<SecretMeta> decode_secret_meta(const json& object) {
  SecretMeta secret{};
  secret.meta = TRY(api::decode_metadata(object));
  for (const auto section : {"labels", "annotations", "ownerReferences"}) {
    secret.written.merge(written_by_us(object, section));
  }
  return secret;
}

base::Packed pack(const SecretMeta& secret) {
  api::PackOut out;
  out.required("metadata", secret.meta);
  out.field("written", secret.written);
  return out.packed();
}

void unpack(const base::Packed& packed, SecretMeta& secret) {
  api::PackIn in(packed);
  in.required("metadata", secret.meta);
  in.field("written", secret.written);
}

std::optional<std::string> data_of(const json& secret, std::string_view key) {
  const auto data = secret.find("data");
  if (data == secret.end() || !data->is_object()) return std::nullopt;
  const auto value = data->find(std::string(key));
  if (value == data->end() || !value->is_string()) return std::nullopt;
  auto bytes = base::from_base64(value->get_ref<const std::string&>());
  return bytes ? std::optional(*std::move(bytes)) : std::nullopt;
}

x509::KeyParams key_params(const api::KeyParameters& key) {
  return {.algorithm = key.algorithm == api::KeyAlgorithm::kRsa ? x509::KeyAlgorithm::kRsa
                                                                : x509::KeyAlgorithm::kEcdsa,
          .size = key.size};
}

rules::LeafFacts leaf_facts(const x509::Certificate& certificate) {
  std::string serial = base::lower_case(certificate.serial_number());
  const auto& names = certificate.dns_names();
  return {.common_name = certificate.common_name(),
          .dns_names = {names.begin(), names.end()},
          .not_before = certificate.not_before(),
          .not_after = certificate.not_after(),
          .public_key_sha256 = certificate.public_key_sha256(),
          .serial_number = std::move(serial),
          .sha256_fingerprint = certificate.sha256_fingerprint(),
          .sha1_thumbprint = certificate.sha1_thumbprint()};
}

rules::InstalledFacts installed_marks(const api::ObjectMeta& secret) {
  const Annotations& annotations = secret.annotations;
  const auto [no_gain_order, no_gain_certificate] = no_gain_of(annotations);
  return {.uid = secret.uid,
          .resource_version = secret.resource_version,
          .order_id = number_of(annotations, api::kOrderIdAnnotation),
          .certificate_id = number_of(annotations, api::kCertificateIdAnnotation),
          .account = text_of(annotations, api::kAccountAnnotation),
          .profile = text_of(annotations, api::kProfileAnnotation),
          .renew_requested_at = text_of(annotations, api::kRenewRequestedAtAnnotation),
          .backup_name = text_of(annotations, api::kBackupAnnotation),
          .no_gain_order = no_gain_order,
          .no_gain_certificate = no_gain_certificate};
}

rules::InstalledFacts installed_facts(const json& secret, x509::ParseMemo& parsed) {
  rules::InstalledFacts facts = installed_marks(meta_of(secret));
  facts.has_keystore = has_keystore(secret);
  facts.has_own_keystore = has_own_keystore(secret);
  const auto chain = parsed.certificates(data_of(secret, api::kTlsCertKey).value_or(""));
  if (!chain) {
    facts.problem = fmt::format("{}: {}", api::kTlsCertKey, chain.error().message);
    return facts;
  }
  facts.leaf = leaf_facts(chain->front());
  const base::SecretString pem(data_of(secret, api::kTlsKeyKey).value_or(""));
  const auto key = parsed.private_key(pem.expose());
  if (!key) {
    facts.problem = fmt::format("{}: {}", api::kTlsKeyKey, key.error().message);
    return facts;
  }
  facts.leaf->key = key_parameters(key->params());
  facts.key_matches = key->public_key_sha256() == facts.leaf->public_key_sha256;
  return facts;
}

json pending_secret(const api::DuplicateCertificateRequest& request,
                    const base::SecretString& key_pem, const std::string& csr, const Intent& intent,
                    const std::optional<Mark>& mark) {
  json object{{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"type", api::kPendingSecretType},
              {"metadata",
               {{"name", api::pending_secret_name(request.meta.name)},
                {"namespace", request.meta.namespace_},
                {"labels",
                 {{api::kManagedByLabel, api::kManagedByValue},
                  {api::kPendingLabel, api::kPendingLabelValue},
                  {api::kRequestLabel, request.meta.name}}},
                {"ownerReferences", json::array({owner_reference(request)})}}}};
  if (mark) {
    object["metadata"]["annotations"] = {{kSubmittedAt, base::format_time(mark->submitted_at)},
                                         {kSends, std::to_string(mark->sends)}};
  }
  json& data = object["data"];
  data[std::string(api::kTlsKeyKey)] = base::to_base64(key_pem.expose());
  data[std::string(kCsrKey)] = base::to_base64(csr);
  data[std::string(kIntentKey)] = base::to_base64(encode_intent(intent).dump());
  return object;
}

json mark_patch(const rules::PendingFacts& pending, const Mark& mark) {
  return patch_of(pending, {{kSubmittedAt, base::format_time(mark.submitted_at)},
                            {kSends, std::to_string(mark.sends)},
                            {kRefusedAt, nullptr},
                            {kRefusedReason, nullptr},
                            {kRefusedMessage, nullptr},
                            {kRefusedInputs, nullptr}});
}

json refusal_patch(const rules::PendingFacts& pending, const rules::Refusal& refusal) {
  return patch_of(pending, {{kRefusedAt, base::format_time(refusal.at)},
                            {kRefusedReason, api::name_of(refusal.reason)},
                            {kRefusedMessage, refusal.message},
                            {kRefusedInputs, refusal.inputs},
                            {kRefusals, std::to_string(refusal.count)}});
}

json request_id_patch(const rules::PendingFacts& pending, std::int64_t request_id) {
  return patch_of(pending, {{kRequestId, std::to_string(request_id)}});
}

json no_gain_patch(const rules::InstalledFacts& installed, const rules::RememberNoGain& tried) {
  return {
      {"metadata",
       {{"uid", installed.uid},
        {"resourceVersion", installed.resource_version},
        {"annotations",
         {{api::kNoGainAnnotation, fmt::format("{}/{}", tried.order_id, tried.certificate_id)}}}}}};
}

bool is_pending_secret(const json& secret) {
  const auto labels = meta_of(secret).labels;
  return secret.value("type", "") == api::kPendingSecretType &&
         labels.contains(std::string(api::kPendingLabel));
}

rules::PendingFacts pending_facts(const json& secret, const std::string& request_uid,
                                  x509::ParseMemo& parsed) {
  const api::ObjectMeta meta = meta_of(secret);
  rules::PendingFacts facts{.submitted_at = time_of(meta.annotations, kSubmittedAt),
                            .sends = count_of(meta.annotations, kSends),
                            .refusals = count_of(meta.annotations, kRefusals),
                            .request_id = number_of(meta.annotations, kRequestId),
                            .refusal = refusal_of(meta.annotations),
                            .uid = meta.uid,
                            .resource_version = meta.resource_version};
  facts.csr = data_of(secret, kCsrKey).value_or("");
  const auto csr_key = parsed.csr_key(facts.csr);
  const auto key = pending_key(secret, parsed);
  const auto intent = decode_intent(data_of(secret, kIntentKey).value_or(""));
  if (!csr_key || !key || !intent) return facts;
  facts.public_key_sha256 = key->public_key_sha256();
  facts.account = intent->account;
  facts.order_id = intent->order_id;
  facts.asked_order_id = intent->asked_order_id;
  facts.names = intent->names;
  facts.entry = intent->entry;
  facts.key = intent->key;
  facts.usable = api::is_controlled_by(meta, request_uid) && *csr_key == facts.public_key_sha256;
  return facts;
}

base::Result<x509::PrivateKey> pending_key(const json& secret, x509::ParseMemo& parsed) {
  const base::SecretString pem(data_of(secret, api::kTlsKeyKey).value_or(""));
  auto key = parsed.private_key(pem.expose());
  if (!key) return std::unexpected(base::wrap("pending Secret", std::move(key).error()));
  return *std::move(key);
}

json target_secret(const api::DuplicateCertificateRequest& request, const x509::PrivateKey& key,
                   const x509::Chain& chain, const Installation& installation) {
  json object{
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"type", api::kTlsSecretType},
      {"metadata",
       metadata_of(request, marks(request, target_annotations(request, chain, installation)))}};
  const base::SecretString pem = key.to_pem();
  json& data = object["data"];
  data[std::string(api::kTlsCertKey)] = base::to_base64(chain.tls_crt());
  data[std::string(api::kTlsKeyKey)] = base::to_base64(pem.expose());
  if (chain.top) data[std::string(api::kCaCertKey)] = base::to_base64(chain.top->to_pem());
  if (!installation.keystore.empty()) {
    data[std::string(api::kKeystoreKey)] = base::to_base64(installation.keystore.expose());
  }
  return object;
}

json marks_of(const api::DuplicateCertificateRequest& request, const json& secret) {
  auto kept = kept_annotations(request, meta_of(secret).annotations);
  return {{"metadata", metadata_of(request, marks(request, std::move(kept)))}};
}

bool marks_fit(const api::DuplicateCertificateRequest& request, const SecretMeta& secret) {
  const Marks wanted = marks(request, kept_annotations(request, secret.meta.annotations));
  const bool is_there = std::ranges::includes(secret.meta.labels, wanted.labels) &&
                        std::ranges::includes(secret.meta.annotations, wanted.annotations) &&
                        wanted.is_owned == api::is_controlled_by(secret.meta, request.meta.uid);
  return is_there && std::ranges::all_of(secret.written, [&](const std::string& name) {
           return wanted.labels.contains(name) || wanted.annotations.contains(name) ||
                  (wanted.is_owned && name == request.meta.uid);
         });
}

std::string adoption_obstacle(const json& secret) {
  const auto decoded = api::decode_metadata(secret);
  if (!decoded) return "its metadata cannot be read: " + decoded.error().message;
  const api::ObjectMeta& meta = *decoded;
  for (const api::OwnerReference& owner : meta.owner_references) {
    if (owner.controller) {
      return fmt::format("it belongs to {} {}, which writes it", owner.kind, owner.name);
    }
  }
  return tracker_of(meta);
}

json backup_secret(const api::DuplicateCertificateRequest& request, const json& secret,
                   const rules::LeafFacts& leaf) {
  return {
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"type", api::kTlsSecretType},
      {"immutable", true},
      {"metadata",
       {{"name", api::backup_secret_name(request.spec.secret_name, leaf.sha256_fingerprint)},
        {"namespace", request.meta.namespace_},
        {"labels",
         {{api::kManagedByLabel, api::kManagedByValue}, {api::kRequestLabel, request.meta.name}}},
        {"annotations",
         {{api::kSerialNumberAnnotation, leaf.serial_number},
          {api::kCommonNameAnnotation, leaf.common_name},
          {api::kAltNamesAnnotation,
           joined({leaf.dns_names.begin(), leaf.dns_names.end()}, api::kAltNamesBytesMax)},
          {api::kNotAfterAnnotation, base::format_time(leaf.not_after)}}}}},
      {"data", secret.value("data", json::object())}};
}

bool keeps_all_of(const json& backup, const json& secret) {
  return backup.value("immutable", false) && backup.value("type", "") == api::kTlsSecretType &&
         backup.value("data", json::object()) == secret.value("data", json::object());
}

void wipe(json& value) {
  if (value.is_string()) base::wipe(value.get_ref<std::string&>());
  if (!value.is_structured()) return;
  for (json& part : value) wipe(part);
}

}  // namespace reconcile
