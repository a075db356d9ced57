// Store<T>: the local copy of one collection. Thread-safe.
// Objects that were handed out are const, and stay valid and unchanged for as long as the caller
// holds them. Only the informer writes; everybody else reads. What is in the store takes as little
// memory as it can (kept.h), so that each reader may get an object of its own: ask once, and do not
// ask for all where a visit or the keys will do.
//
// T is a typed, stripped value. Identity<T> says how to read its identity; the default expects a
// member `meta` with namespace_, name, uid and resource_version.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread_annotations.h"
#include "runtime/change.h"
#include "runtime/identity.h"
#include "runtime/kept.h"

namespace runtime {

template <class T>
class Store {
 public:
  using Pointer = std::shared_ptr<const T>;
  // The values under which an object is found; any number, also none. Pure.
  using IndexFunction = std::function<std::vector<std::string>(const T&)>;

  // Before the first object arrives (BASE_CHECK), once per name.
  void add_index(std::string name, IndexFunction values_of);

  // null if there is none.
  Pointer get(const std::string& key) const;
  // All objects, by key. A snapshot: later changes do not show.
  std::vector<Pointer> list() const;
  // Shows each object of such a snapshot to `visit`, by key, until that returns false; in memory
  // there is one at a time.
  void visit(const std::function<bool(const T&)>& visit) const;
  // Those that the index gave `value`, by key. The index must exist (BASE_CHECK).
  std::vector<Pointer> by_index(const std::string& index, const std::string& value) const;
  // Their keys alone.
  std::vector<std::string> keys_by_index(const std::string& index, const std::string& value) const;
  std::size_t size() const;

  // Puts in the newest state. nullopt, and no change, if the object of the same UID that is there
  // has the same or a newer resourceVersion.
  std::optional<Change<T>> upsert(Pointer object);
  // nullopt if it was not there.
  std::optional<Change<T>> remove(const std::string& key);
  // `object` to be kept for a replace(): the store's own if that is the same state.
  Kept<T> keep(Pointer object) const;
  // Makes the objects of `namespace_` (empty: of all) exactly `objects`. Returns what changed;
  // an object of equal UID and resourceVersion did not, and what was there stays.
  Changes<T> replace(const std::vector<Kept<T>>& objects, std::string_view namespace_);

 private:
  using Objects = std::map<std::string, Kept<T>>;

  // One object under one value. The values are not kept, only compared by their hashes: whoever
  // reads asks the object again. Keys are those of objects_, which do not move.
  struct Link {
    std::uint64_t value = 0;
    const std::string* key = nullptr;
    bool operator<(const Link& other) const {
      return value != other.value ? value < other.value : *key < *other.key;
    }
  };
  struct Index {
    IndexFunction values_of{};
    std::set<Link> links{};
  };
  static std::uint64_t hash_of(const std::string& value) { return std::hash<std::string>{}(value); }

  // Gives each object that the index has under `value` to `take`, outside the lock.
  template <class Take>
  void look_up(const std::string& index, const std::string& value, Take take) const;
  std::vector<Kept<T>> snapshot() const;
  std::vector<Kept<T>> linked(const Index& index, const std::string& value) const REQUIRES(mutex_);
  void put(const std::string& key, const Pointer& before, const Pointer& after, Kept<T> kept)
      REQUIRES(mutex_);
  void link(const std::string& key, const T& object) REQUIRES(mutex_);
  void unlink(const std::string& key, const T& object) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  Objects objects_ GUARDED_BY(mutex_);
  std::map<std::string, Index> indexes_ GUARDED_BY(mutex_);
};

template <class T>
void Store<T>::add_index(std::string name, IndexFunction values_of) {
  const base::MutexLock lock(mutex_);
  BASE_CHECK(objects_.empty());
  const bool is_new = indexes_.try_emplace(std::move(name), Index{std::move(values_of), {}}).second;
  BASE_CHECK(is_new);
}

template <class T>
typename Store<T>::Pointer Store<T>::get(const std::string& key) const {
  Kept<T> found;
  {
    const base::MutexLock lock(mutex_);
    const auto at = objects_.find(key);
    if (at != objects_.end()) found = at->second;
  }
  return found.get();
}

template <class T>
std::vector<Kept<T>> Store<T>::snapshot() const {
  const base::MutexLock lock(mutex_);
  std::vector<Kept<T>> all;
  all.reserve(objects_.size());
  for (const auto& [key, object] : objects_) all.push_back(object);
  return all;
}

template <class T>
std::vector<typename Store<T>::Pointer> Store<T>::list() const {
  std::vector<Pointer> all;
  for (const Kept<T>& object : snapshot()) all.push_back(object.get());
  return all;
}

template <class T>
void Store<T>::visit(const std::function<bool(const T&)>& visit) const {
  for (const Kept<T>& object : snapshot()) {
    if (!visit(*object.get())) return;
  }
}

template <class T>
std::vector<Kept<T>> Store<T>::linked(const Index& index, const std::string& value) const {
  static const std::string kFirst;
  std::vector<Kept<T>> found;
  const std::uint64_t hash = hash_of(value);
  for (auto at = index.links.lower_bound({hash, &kFirst}); at != index.links.end(); ++at) {
    if (at->value != hash) break;
    found.push_back(objects_.at(*at->key));
  }
  return found;
}

template <class T>
template <class Take>
void Store<T>::look_up(const std::string& index, const std::string& value, Take take) const {
  IndexFunction values_of;
  std::vector<Kept<T>> candidates;
  {
    const base::MutexLock lock(mutex_);
    const auto in = indexes_.find(index);
    BASE_CHECK(in != indexes_.end());
    values_of = in->second.values_of;
    candidates = linked(in->second, value);
  }
  for (const Kept<T>& candidate : candidates) {
    Pointer object = candidate.get();
    const auto values = values_of(*object);
    if (std::ranges::find(values, value) != values.end()) take(std::move(object));
  }
}

template <class T>
std::vector<typename Store<T>::Pointer> Store<T>::by_index(const std::string& index,
                                                           const std::string& value) const {
  std::vector<Pointer> found;
  look_up(index, value, [&](Pointer object) { found.push_back(std::move(object)); });
  return found;
}

template <class T>
std::vector<std::string> Store<T>::keys_by_index(const std::string& index,
                                                 const std::string& value) const {
  std::vector<std::string> found;
  look_up(index, value, [&](const Pointer& object) { found.push_back(key_of(*object)); });
  return found;
}

template <class T>
std::size_t Store<T>::size() const {
  const base::MutexLock lock(mutex_);
  return objects_.size();
}

template <class T>
std::optional<Change<T>> Store<T>::upsert(Pointer object) {
  const std::string key = key_of(*object);
  const base::MutexLock lock(mutex_);
  const auto at = objects_.find(key);
  Pointer before = at == objects_.end() ? nullptr : at->second.get();
  if (before && !is_newer_state(*before, *object)) return std::nullopt;
  put(key, before, object, Kept<T>(object));
  return Change<T>{key, std::move(before), std::move(object), false};
}

template <class T>
std::optional<Change<T>> Store<T>::remove(const std::string& key) {
  const base::MutexLock lock(mutex_);
  const auto at = objects_.find(key);
  if (at == objects_.end()) return std::nullopt;
  Pointer before = at->second.get();
  put(key, before, nullptr, {});
  return Change<T>{key, std::move(before), nullptr, false};
}

template <class T>
Kept<T> Store<T>::keep(Pointer object) const {
  {
    const base::MutexLock lock(mutex_);
    const auto at = objects_.find(key_of(*object));
    if (at != objects_.end() && is_same_state(*at->second.get(), *object)) return at->second;
  }
  return Kept<T>(std::move(object));
}

template <class T>
Changes<T> Store<T>::replace(const std::vector<Kept<T>>& objects, std::string_view namespace_) {
  Changes<T> changes;
  Objects wanted;
  for (const Kept<T>& object : objects) wanted.insert_or_assign(key_of(*object.get()), object);
  const base::MutexLock lock(mutex_);
  for (auto at = objects_.begin(); at != objects_.end();) {
    const auto& [key, kept] = *at++;
    if (wanted.contains(key)) continue;
    const Pointer before = kept.get();
    if (!namespace_.empty() && Identity<T>::namespace_(*before) != namespace_) continue;
    changes.changes_.push_back({key, kept, {}});
    put(std::string(key), before, nullptr, {});
  }
  for (const auto& [key, object] : wanted) {
    const auto at = objects_.find(key);
    const Pointer before = at == objects_.end() ? nullptr : at->second.get();
    const Pointer after = object.get();
    if (before && is_same_state(*before, *after)) continue;
    changes.changes_.push_back({key, before ? at->second : Kept<T>(), object});
    put(key, before, after, object);
  }
  return changes;
}

// `before` is what is there under the key, or null. `kept` is `after`; null: nothing shall be
// there.
template <class T>
void Store<T>::put(const std::string& key, const Pointer& before, const Pointer& after,
                   Kept<T> kept) {
  const auto at = objects_.try_emplace(key).first;
  if (before) unlink(at->first, *before);
  if (!after) {
    objects_.erase(at);
    return;
  }
  at->second = std::move(kept);
  link(at->first, *after);
}

template <class T>
void Store<T>::link(const std::string& key, const T& object) {
  for (auto& [name, index] : indexes_) {
    for (const std::string& value : index.values_of(object)) {
      index.links.insert({hash_of(value), &key});
    }
  }
}

template <class T>
void Store<T>::unlink(const std::string& key, const T& object) {
  for (auto& [name, index] : indexes_) {
    for (const std::string& value : index.values_of(object)) {
      index.links.erase({hash_of(value), &key});
    }
  }
}

}  // namespace runtime
