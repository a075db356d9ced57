#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <string.h>  // explicit_bzero is not in <cstring>
#include <utility>

namespace base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> base64_values() {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (std::size_t at = 0; at < kBase64Digits.size(); ++at) {
    values[static_cast<unsigned char>(kBase64Digits[at])] = static_cast<signed char>(at);
  }
  return values;
}
constexpr auto kBase64Values = base64_values();

int base64_value(char c) {
  return kBase64Values[static_cast<unsigned char>(c)];
}

bool is_line_break(char c) {
  return c == '\n' || c == '\r';
}

std::string without_line_breaks(std::string_view text) {
  std::string compact(text);
  std::erase_if(compact, is_line_break);
  return compact;
}

// Four digits make three bytes, two make one and three make two. False: a character that is none.
bool decode_digits(std::string_view digits, std::string& bytes) {
  bytes.resize(digits.size() * 3 / 4);
  std::size_t at = 0;
  int invalid = 0;  // negative once one digit was
  std::size_t i = 0;
  for (; i + 4 <= digits.size(); i += 4) {
    const int group = base64_value(digits[i]) << 18 | base64_value(digits[i + 1]) << 12 |
                      base64_value(digits[i + 2]) << 6 | base64_value(digits[i + 3]);
    invalid |= group;
    bytes[at++] = static_cast<char>(group >> 16);
    bytes[at++] = static_cast<char>(group >> 8);
    bytes[at++] = static_cast<char>(group);
  }
  int rest = 0;
  for (std::size_t j = i; j < digits.size(); ++j) {
    rest |= base64_value(digits[j]) << (18 - 6 * static_cast<int>(j - i));
  }
  for (int shift = 16; at < bytes.size(); shift -= 8)
    bytes[at++] = static_cast<char>(rest >> shift);
  return (invalid | rest) >= 0;
}

}  // namespace

SecretString::SecretString(std::string text) : text_(std::move(text)) {
  wipe(text);
}
SecretString::SecretString(const SecretString& other) = default;

SecretString::SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) {
  wipe(other.text_);
}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    wipe(text_);
    text_ = other.text_;
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = std::move(other.text_);
    wipe(other.text_);
  }
  return *this;
}

SecretString::~SecretString() {
  wipe(text_);
}

bool SecretString::operator==(const SecretString& other) const {
  if (text_.size() != other.text_.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    difference |= static_cast<unsigned char>(text_[i]) ^ static_cast<unsigned char>(other.text_[i]);
  }
  return difference == 0;
}

void wipe(std::string& text) {
  // Short strings live inside the object, and bytes beyond size() may be old contents: wipe all
  // of the capacity.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xFU];
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - i, 3);
    unsigned group = 0;
    for (std::size_t j = 0; j < count; ++j) {
      group |= static_cast<unsigned>(static_cast<unsigned char>(bytes[i + j])) << (16U - 8U * j);
    }
    for (std::size_t j = 0; j <= count; ++j) {
      text[at + j] = kBase64Digits[group >> (18U - 6U * j) & 0x3FU];
    }
    at += 4;
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  std::string compact;
  if (std::ranges::any_of(text, is_line_break)) {
    compact = without_line_breaks(text);
    text = compact;
  }
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  Result<std::string> bytes;
  if ((text.size() + padding) % 4 != 0) {
    bytes = fail(Code::kInvalid, "base64 text has a wrong length");
  } else if (!decode_digits(text, *bytes)) {
    wipe(*bytes);
    bytes = fail(Code::kInvalid, "base64 text has a character outside its alphabet");
  }
  wipe(compact);
  return bytes;
}

}  // namespace base
