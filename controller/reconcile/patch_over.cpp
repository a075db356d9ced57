#include "reconcile/patch_over.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/names.h"

namespace reconcile {
namespace {

using nlohmann::json;

// The member, or nothing: without a copy of what Secrets hold.
const json* find(const json* object, std::string_view name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto at = object->find(std::string(name));
  return at == object->end() ? nullptr : &*at;
}

std::string uid_of(const json& object) {
  const json* uid = find(&object, "uid");
  return uid != nullptr && uid->is_string() ? uid->get<std::string>() : "";
}

// "f:<name>" is a field, "k:{...}" an item of a list by its keys.
void add_names(const json& fields, std::set<std::string>& names) {
  if (!fields.is_object()) return;
  for (const auto& [name, unused] : fields.items()) {
    if (name.starts_with("f:")) names.insert(name.substr(2));
    if (!name.starts_with("k:")) continue;
    const std::string uid = uid_of(json::parse(name.substr(2), nullptr, false));
    if (!uid.empty()) names.insert(uid);
  }
}

// Whether the labels, annotations, data or owners have it.
bool holds(const json* section, const std::string& name) {
  if (section == nullptr || !section->is_array()) return find(section, name) != nullptr;
  return std::ranges::any_of(*section, [&](const json& owner) { return uid_of(owner) == name; });
}

const json* section_of(const json& object, std::string_view section) {
  return find(section == "data" ? &object : find(&object, "metadata"), section);
}

// All of `wanted`, and null for what we wrote and no longer want.
json changes(const json& live, const json* wanted, std::string_view section) {
  json patch = wanted == nullptr ? json::object() : *wanted;
  for (const std::string& name : written_by_us(live, section)) {
    if (!patch.contains(name)) patch[name] = nullptr;
  }
  return patch;
}

// A merge patch replaces a list as a whole: others' owners go along as they are.
json owners_over(const json& live, const json& wanted, std::string_view own_uid) {
  json owners = json::array();
  const auto written = written_by_us(live, "ownerReferences");
  if (const json* before = section_of(live, "ownerReferences"); before != nullptr) {
    for (const json& owner : *before) {
      const std::string uid = uid_of(owner);
      if (uid != own_uid && !written.contains(uid)) owners.push_back(owner);
    }
  }
  for (const json& owner : wanted) owners.push_back(owner);
  return owners;
}

}  // namespace

std::set<std::string> written_by_us(const json& object, std::string_view section) {
  std::set<std::string> names;
  const json* entries = find(find(&object, "metadata"), "managedFields");
  if (entries == nullptr || !entries->is_array()) return names;
  const std::string field = "f:" + std::string(section);
  std::set<std::string> of_others;
  for (const json& entry : *entries) {
    const json* manager = find(&entry, "manager");
    const json* fields = find(&entry, "fieldsV1");
    const json* found = find(section == "data" ? fields : find(fields, "f:metadata"), field);
    if (manager == nullptr || found == nullptr) continue;
    add_names(*found, *manager == api::kFieldManager ? names : of_others);
  }
  const json* present = section_of(object, section);
  std::erase_if(names, [&](const std::string& name) {
    return of_others.contains(name) || !holds(present, name);
  });
  return names;
}

json patch_over(const json& live, const json& wanted, std::string_view own_uid) {
  const json& before = live.at("metadata");
  const json& after = wanted.at("metadata");
  json metadata{{"uid", before.at("uid")}, {"resourceVersion", before.at("resourceVersion")}};
  for (const auto section : {"labels", "annotations"}) {
    metadata[section] = changes(live, find(&after, section), section);
  }
  const json* owners = find(&before, "ownerReferences");
  json wanted_owners = owners_over(live, after.value("ownerReferences", json::array()), own_uid);
  const bool same = owners == nullptr ? wanted_owners.empty() : wanted_owners == *owners;
  if (!same) metadata["ownerReferences"] = std::move(wanted_owners);
  json patch{{"metadata", std::move(metadata)}};
  if (const json* data = find(&wanted, "data")) patch["data"] = changes(live, data, "data");
  return patch;
}

}  // namespace reconcile
