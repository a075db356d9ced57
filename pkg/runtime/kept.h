// Kept<T>: an object as a cache holds it. A T with pack() and unpack() beside it (found by its
// namespace) is held as base::Packed and made anew for each reader; any other T is held and shared
// as it is. Thread-compatible; what get() returns stays valid and unchanged.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/packed.h"

namespace runtime {

template <class T>
concept Packable = requires(const T& object, const base::Packed& packed, T& out) {
  { pack(object) } -> std::same_as<base::Packed>;
  unpack(packed, out);
};

template <class T>
class Kept {
 public:
  Kept() = default;
  explicit Kept(std::shared_ptr<const T> object) {
    if constexpr (!Packable<T>) {
      value_ = std::move(object);
    } else if (object) {
      value_ = pack(*object);
    }
  }

  // null if there is none.
  std::shared_ptr<const T> get() const {
    if constexpr (!Packable<T>) {
      return value_;
    } else {
      if (!value_) return nullptr;
      auto object = std::make_shared<T>();
      unpack(value_, *object);
      return object;
    }
  }

 private:
  std::conditional_t<Packable<T>, base::Packed, std::shared_ptr<const T>> value_{};
};

}  // namespace runtime
