// Identity<T>: how the runtime reads the identity of a cached value; the order of versions.
// Pure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "kube/resource.h"

namespace runtime {

// Specialise it for a T without such a `meta`.
template <class T>
struct Identity {
  static const std::string& namespace_(const T& object) { return object.meta.namespace_; }
  static const std::string& name(const T& object) { return object.meta.name; }
  static const std::string& uid(const T& object) { return object.meta.uid; }
  static const std::string& resource_version(const T& object) {
    return object.meta.resource_version;
  }
};

// "namespace/name", or "name" for objects without a namespace: the keys of stores and queues.
template <class T>
std::string key_of(const T& object) {
  return kube::ObjectKey{Identity<T>::namespace_(object), Identity<T>::name(object)}.text();
}

template <class T>
bool is_same_state(const T& a, const T& b) {
  return Identity<T>::uid(a) == Identity<T>::uid(b) &&
         Identity<T>::resource_version(a) == Identity<T>::resource_version(b);
}

// Which of two resourceVersions of one resource type came first. nullopt if they cannot be
// compared: not both decimal numbers without a leading zero (KEP-5504; apimachinery
// pkg/util/resourceversion). Equal texts are always equal.
std::optional<std::strong_ordering> compare_resource_versions(std::string_view a,
                                                              std::string_view b);

// Whether `offered` may take the place of `known`: another UID, or not known to be as old or older.
template <class T>
bool is_newer_state(const T& known, const T& offered) {
  if (Identity<T>::uid(known) != Identity<T>::uid(offered)) return true;
  const auto order = compare_resource_versions(Identity<T>::resource_version(offered),
                                               Identity<T>::resource_version(known));
  return !order || *order > 0;
}

}  // namespace runtime
