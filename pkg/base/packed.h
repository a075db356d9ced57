// Packed: a value as few bytes, for caches that hold thousands of them. For this process only: the
// bytes have no version, and are not secret. Entry points: PackWriter, PackReader.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace base {

// Bytes that nobody changes; copies share them. Thread-safe.
class Packed {
 public:
  Packed() = default;
  explicit Packed(std::string_view bytes);  // copies them, in one allocation of that size

  std::string_view bytes() const { return {bytes_.get(), size_}; }
  explicit operator bool() const { return bytes_ != nullptr; }

 private:
  std::shared_ptr<const char[]> bytes_{};
  std::size_t size_ = 0;
};

// Texts that occur again and again, in alphabetical order and without repetitions (BASE_CHECK).
// Each takes one or two bytes. Writer and reader must have the same; they must outlive both.
using PackWords = std::span<const std::string_view>;

// Owned by one call.
class PackWriter {
 public:
  explicit PackWriter(PackWords words = {});

  void number(std::int64_t value);  // one byte for small ones, at most ten
  // Half of its length if it is lower-case hexadecimal, 17 bytes for a UUID.
  void text(std::string_view value);

  Packed packed() const { return Packed(bytes_); }

 private:
  void varint(std::uint64_t value);
  void hex(std::string_view digits);
  void tagged(std::uint64_t value, std::uint64_t tag);

  const PackWords words_;
  std::string bytes_{};
};

// Reads in the order of writing. Bytes that no PackWriter with the same words has written are a
// broken invariant (BASE_CHECK). Owned by one call; `packed` must outlive it.
class PackReader {
 public:
  explicit PackReader(const Packed& packed, PackWords words = {});

  std::int64_t number();
  std::string text();
  bool at_end() const { return rest_.empty(); }

 private:
  std::uint64_t varint();
  std::string_view take(std::size_t size);

  const PackWords words_;
  std::string_view rest_;
};

}  // namespace base
