#include "base/packed.h"

#include <algorithm>
#include <functional>

#include "base/bytes.h"
#include "base/check.h"

namespace base {
namespace {

// What a text begins with: its kind in two bits, and above them its length or the word's place.
enum Tag : std::uint64_t { kPlain = 0, kWord = 1, kHex = 2, kUuid = 3 };
constexpr unsigned kTagBits = 2;

// RFC 9562, section 4: 8-4-4-4-12 digits.
constexpr std::size_t kUuidSize = 36;
constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kUuidDashes[] = {8, 13, 18, 23};

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 && std::ranges::all_of(text, is_digit);
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = std::ranges::find(kUuidDashes, at) != std::end(kUuidDashes);
    if (dash ? text[at] != '-' : !is_digit(text[at])) return false;
  }
  return true;
}

unsigned value_of(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

std::string without_dashes(std::string_view uuid) {
  std::string digits(uuid);
  std::erase(digits, '-');
  return digits;
}

std::string with_dashes(std::string digits) {
  for (const std::size_t at : kUuidDashes) digits.insert(at, 1, '-');
  return digits;
}

}  // namespace

Packed::Packed(std::string_view bytes) : size_(bytes.size()) {
  auto copy = std::make_shared_for_overwrite<char[]>(bytes.size());
  std::ranges::copy(bytes, copy.get());
  bytes_ = std::move(copy);
}

PackWriter::PackWriter(PackWords words) : words_(words) {
  BASE_CHECK(std::ranges::is_sorted(words, std::less_equal<>()));
}

void PackWriter::varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) bytes_ += static_cast<char>(value | 0x80U);
  bytes_ += static_cast<char>(value);
}

void PackWriter::tagged(std::uint64_t value, std::uint64_t tag) {
  varint(value << kTagBits | tag);
}

// The sign goes into the lowest bit, so that small negative numbers are short too.
void PackWriter::number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  varint(value < 0 ? ~(bits << 1U) : bits << 1U);
}

void PackWriter::hex(std::string_view digits) {
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    bytes_ += static_cast<char>(value_of(digits[at]) << 4U | value_of(digits[at + 1]));
  }
}

void PackWriter::text(std::string_view value) {
  const auto word = std::ranges::lower_bound(words_, value);
  if (word != words_.end() && *word == value) {
    return tagged(static_cast<std::uint64_t>(word - words_.begin()), kWord);
  }
  if (is_uuid(value)) {
    tagged(0, kUuid);
    return hex(without_dashes(value));
  }
  if (is_hex(value)) {
    tagged(value.size() / 2, kHex);
    return hex(value);
  }
  tagged(value.size(), kPlain);
  bytes_ += value;
}

PackReader::PackReader(const Packed& packed, PackWords words)
    : words_(words), rest_(packed.bytes()) {}

std::string_view PackReader::take(std::size_t size) {
  BASE_CHECK(size <= rest_.size());
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t PackReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    BASE_CHECK(shift < 64);
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return value;
  }
}

std::int64_t PackReader::number() {
  const std::uint64_t bits = varint();
  return static_cast<std::int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
}

std::string PackReader::text() {
  const std::uint64_t head = varint();
  const std::size_t value = head >> kTagBits;
  switch (static_cast<Tag>(head & 3U)) {
    case kPlain:
      return std::string(take(value));
    case kWord:
      BASE_CHECK(value < words_.size());
      return std::string(words_[value]);
    case kHex:
      return to_hex(take(value));
    case kUuid:
      return with_dashes(to_hex(take(kUuidBytes)));
  }
  BASE_CHECK(false);
  return {};
}

}  // namespace base
