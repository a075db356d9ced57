// Catalog: what the manifests say, typed and checked. Pure. Entry point: make_catalog.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/automation_profile.h"
#include "api/duplicate_certificate_request.h"
#include "plan/manifest.h"

namespace plan {

template <class T>
struct Sourced {
  T value{};
  std::string place{};  // of the manifest, or "cluster"
};

// Something wrong with a manifest, for a person.
struct Fault {
  std::string place{};
  std::string object{};   // "DuplicateCertificateRequest team-a/shop"; empty: not known
  std::string field{};    // empty: the object as a whole
  std::string message{};  // value and fix

  bool operator==(const Fault&) const = default;
};

struct Catalog {
  std::map<std::string, Sourced<api::DuplicateCertificateRequest>> requests{};  // "namespace/name"
  std::map<std::string, Sourced<api::AutomationProfile>> profiles{};
  std::map<std::string, nlohmann::json> secrets{};  // as the API server shows them; keys included
  std::map<std::string, std::map<std::string, std::string>> namespaces{};  // labels by name
  std::vector<Fault> faults{};
  int others = 0;  // manifests of kinds that do not concern us
};

// Objects without a namespace are put into `default_namespace`, as kubectl does.
Catalog make_catalog(const std::vector<Manifest>& manifests, const std::string& default_namespace);

// "shop.yaml, document 2: DuplicateCertificateRequest team-a/shop: spec.commonName: ..."
std::string text_of(const Fault& fault);

}  // namespace plan
