// Change<T>, Changes<T>: what happened to objects in a Store<T>.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/identity.h"
#include "runtime/kept.h"

namespace runtime {

template <class T>
class Store;

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

// The changes that a listing has made, one object in memory at a time. Thread-compatible.
template <class T>
class Changes {
 public:
  std::size_t size() const { return changes_.size(); }
  Change<T> operator[](std::size_t index) const {
    const One& one = changes_[index];
    return {one.key, one.before.get(), one.after.get(), /*initial=*/true};
  }

 private:
  friend class Store<T>;
  struct One {
    std::string key{};
    Kept<T> before{};
    Kept<T> after{};
  };
  std::vector<One> changes_{};
};

}  // namespace runtime
