// Store<T>: the local copy of one collection. Thread-safe.
// Objects are const and shared: one that was handed out stays valid and unchanged for as long as
// the caller holds it. Only the informer writes; everybody else reads.
//
// T is a typed, stripped value. Identity<T> says how to read its identity; the default expects a
// member `meta` with namespace_, name, uid and resource_version.
#pragma once

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
#include "runtime/identity.h"

namespace runtime {

// What happened to one key. At least one side is set.
template <class T>
struct Change {
  std::string key{};
  std::shared_ptr<const T> before{};  // null: it was not there
  std::shared_ptr<const T> after{};   // null: it is gone; `before` may then be older than the last
  bool initial = false;               // found by a listing, not told by an event

  // The object was deleted and another made under its name between two looks: whatever is
  // remembered about `before` does not hold for `after`.
  bool recreated() const {
    return before && after && Identity<T>::uid(*before) != Identity<T>::uid(*after);
  }
};

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
  // Those that the index gave `value`, by key. The index must exist (BASE_CHECK).
  std::vector<Pointer> by_index(const std::string& index, const std::string& value) const;
  std::size_t size() const;

  // Puts in the newest state. nullopt, and no change, if the object of the same UID that is there
  // has the same or a newer resourceVersion.
  std::optional<Change<T>> upsert(Pointer object);
  // nullopt if it was not there.
  std::optional<Change<T>> remove(const std::string& key);
  // Makes the objects of `namespace_` (empty: of all) exactly `objects`. Returns what changed;
  // an object of equal UID and resourceVersion did not, and its old pointer stays.
  std::vector<Change<T>> replace(std::vector<Pointer> objects, std::string_view namespace_);

 private:
  struct Index {
    IndexFunction values_of{};
    std::map<std::string, std::set<std::string>> keys{};  // by value
  };

  Change<T> put(const std::string& key, Pointer object) REQUIRES(mutex_);
  Change<T> take_out(typename std::map<std::string, Pointer>::iterator at) REQUIRES(mutex_);
  void link(const std::string& key, const T& object) REQUIRES(mutex_);
  void unlink(const std::string& key, const T& object) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, Pointer> objects_ GUARDED_BY(mutex_);
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
  const base::MutexLock lock(mutex_);
  const auto at = objects_.find(key);
  return at == objects_.end() ? nullptr : at->second;
}

template <class T>
std::vector<typename Store<T>::Pointer> Store<T>::list() const {
  const base::MutexLock lock(mutex_);
  std::vector<Pointer> all;
  all.reserve(objects_.size());
  for (const auto& [key, object] : objects_) all.push_back(object);
  return all;
}

template <class T>
std::vector<typename Store<T>::Pointer> Store<T>::by_index(const std::string& index,
                                                           const std::string& value) const {
  const base::MutexLock lock(mutex_);
  const auto in = indexes_.find(index);
  BASE_CHECK(in != indexes_.end());
  std::vector<Pointer> found;
  const auto keys = in->second.keys.find(value);
  if (keys == in->second.keys.end()) return found;
  for (const std::string& key : keys->second) found.push_back(objects_.at(key));
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
  if (at != objects_.end() && !is_newer_state(*at->second, *object)) return std::nullopt;
  return put(key, std::move(object));
}

template <class T>
std::optional<Change<T>> Store<T>::remove(const std::string& key) {
  const base::MutexLock lock(mutex_);
  const auto at = objects_.find(key);
  if (at == objects_.end()) return std::nullopt;
  return take_out(at);
}

template <class T>
std::vector<Change<T>> Store<T>::replace(std::vector<Pointer> objects,
                                         std::string_view namespace_) {
  std::map<std::string, Pointer> wanted;
  for (Pointer& object : objects) wanted.insert_or_assign(key_of(*object), std::move(object));
  std::vector<Change<T>> changes;
  const base::MutexLock lock(mutex_);
  for (auto at = objects_.begin(); at != objects_.end();) {
    const auto current = at++;
    const bool covered =
        namespace_.empty() || Identity<T>::namespace_(*current->second) == namespace_;
    if (covered && !wanted.contains(current->first)) changes.push_back(take_out(current));
  }
  for (auto& [key, object] : wanted) {
    const auto at = objects_.find(key);
    if (at != objects_.end() && is_same_state(*at->second, *object)) continue;
    changes.push_back(put(key, std::move(object)));
  }
  for (Change<T>& change : changes) change.initial = true;
  return changes;
}

template <class T>
Change<T> Store<T>::put(const std::string& key, Pointer object) {
  Pointer& slot = objects_[key];
  if (slot) unlink(key, *slot);
  link(key, *object);
  Change<T> change{key, std::exchange(slot, object), object, false};
  return change;
}

template <class T>
Change<T> Store<T>::take_out(typename std::map<std::string, Pointer>::iterator at) {
  unlink(at->first, *at->second);
  Change<T> change{at->first, at->second, nullptr, false};
  objects_.erase(at);
  return change;
}

template <class T>
void Store<T>::link(const std::string& key, const T& object) {
  for (auto& [name, index] : indexes_) {
    for (std::string& value : index.values_of(object)) index.keys[std::move(value)].insert(key);
  }
}

template <class T>
void Store<T>::unlink(const std::string& key, const T& object) {
  for (auto& [name, index] : indexes_) {
    for (const std::string& value : index.values_of(object)) {
      const auto at = index.keys.find(value);
      if (at == index.keys.end()) continue;
      at->second.erase(key);
      if (at->second.empty()) index.keys.erase(at);
    }
  }
}

}  // namespace runtime
