#include "plan/catalog.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/codec.h"
#include "api/names.h"
#include "api/validate.h"
#include "base/bytes.h"
#include "plan/schema.h"
#include "rules/schedule.h"

namespace plan {
namespace {

using nlohmann::json;

std::string member_text(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

// Where an object is, and what it is called.
struct Title {
  std::string kind{};
  std::string namespace_{};
  std::string name{};
  std::string text() const {
    return fmt::format("{} {}{}{}", kind, namespace_, namespace_.empty() ? "" : "/", name);
  }
  std::string key() const { return namespace_ + "/" + name; }
};

class Sorter {
 public:
  explicit Sorter(std::string default_namespace)
      : default_namespace_(std::move(default_namespace)) {}

  Catalog take() && { return std::move(catalog_); }

  void add(const Manifest& manifest) {
    json object = manifest.object;
    const std::string version = member_text(object, "apiVersion");
    Title title{.kind = member_text(object, "kind")};
    const bool ours = version.starts_with(std::string(api::kGroup) + "/");
    const bool core = version == "v1" && (title.kind == "Secret" || title.kind == "Namespace");
    if (!ours && !core) {
      ++catalog_.others;
      return;
    }
    json& meta = object["metadata"];
    if (!meta.is_object()) meta = json::object();
    title.name = member_text(meta, "name");
    if (title.name.empty()) {
      return fault(manifest, title, "metadata.name", "is required: give the object a name");
    }
    if (title.kind == "Namespace") return add_namespace(object, title);
    title.namespace_ = member_text(meta, "namespace");
    if (title.namespace_.empty()) title.namespace_ = default_namespace_;
    meta["namespace"] = title.namespace_;
    if (core) return add_secret(manifest, title, std::move(object));
    if (version != api::kApiVersion) {
      return fault(manifest, title, "apiVersion",
                   fmt::format("'{}' is not served: write {}", version, api::kApiVersion));
    }
    add_ours(manifest, title, object);
  }

 private:
  void fault(const Manifest& manifest, const Title& title, std::string field, std::string message) {
    catalog_.faults.push_back({manifest.place, title.text(), std::move(field), std::move(message)});
  }

  void add_namespace(const json& object, const Title& title) {
    auto& labels = catalog_.namespaces[title.name];
    const json given = object["metadata"].value("labels", json::object());
    for (const auto& [name, value] : given.items()) {
      if (value.is_string()) labels[name] = value.get<std::string>();
    }
  }

  void add_secret(const Manifest& manifest, const Title& title, json object) {
    json& data = object["data"];
    if (!data.is_object()) data = json::object();
    const json texts = object.value("stringData", json::object());
    for (const auto& [name, value] : texts.items()) {
      if (value.is_string()) data[name] = base::to_base64(value.get_ref<const std::string&>());
    }
    object.erase("stringData");
    object["metadata"]["uid"] = "manifest/" + title.key();
    object["metadata"]["resourceVersion"] = "manifest";
    if (!catalog_.secrets.try_emplace(title.key(), std::move(object)).second)
      twice(manifest, title);
  }

  void add_ours(const Manifest& manifest, const Title& title, const json& object) {
    const json* schema = schema_of(title.kind);
    if (schema == nullptr) {
      return fault(
          manifest, title, "kind",
          fmt::format("a plan reads {} and {}; leave this object out: the controller alone "
                      "writes it",
                      api::kAutomationProfileKind, api::kDuplicateCertificateRequestKind));
    }
    const std::size_t before = catalog_.faults.size();
    for (const api::Violation& problem : check_schema(*schema, object)) {
      fault(manifest, title, problem.field, problem.message);
    }
    if (catalog_.faults.size() != before) return;
    if (title.kind == api::kAutomationProfileKind) {
      keep(manifest, title, api::decode_automation_profile(object), catalog_.profiles);
    } else {
      keep(manifest, title, api::decode_duplicate_certificate_request(object), catalog_.requests);
    }
  }

  template <class T>
  void keep(const Manifest& manifest, const Title& title, base::Result<T> decoded,
            std::map<std::string, Sourced<T>>& kept) {
    if (!decoded) return fault(manifest, title, "", decoded.error().message);
    const std::size_t before = catalog_.faults.size();
    for (const api::Violation& problem : api::validate(decoded->spec)) {
      fault(manifest, title, problem.field, problem.message);
    }
    for (const std::string& problem : rules::window_problems(decoded->spec.schedule.windows)) {
      fault(manifest, title, "", problem);
    }
    if (catalog_.faults.size() != before) return;
    if (!kept.try_emplace(title.key(), *std::move(decoded), manifest.place).second) {
      twice(manifest, title);
    }
  }

  void twice(const Manifest& manifest, const Title& title) {
    fault(manifest, title, "metadata.name", "the same object is there twice; keep one of them");
  }

  const std::string default_namespace_;
  Catalog catalog_{};
};

}  // namespace

Catalog make_catalog(const std::vector<Manifest>& manifests, const std::string& default_namespace) {
  Sorter sorter(default_namespace);
  for (const Manifest& manifest : manifests) sorter.add(manifest);
  return std::move(sorter).take();
}

std::string text_of(const Fault& fault) {
  std::string text = fault.place;
  for (const std::string& part : {fault.object, fault.field, fault.message}) {
    if (!part.empty()) text += (text.empty() ? "" : ": ") + part;
  }
  return text;
}

}  // namespace plan
