#include "base/bytes.h"

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

std::string without_line_breaks(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (const char c : text) {
    if (c != '\n' && c != '\r') compact += c;
  }
  return compact;
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
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      text += padding ? '=' : kBase64Digits[group >> (18U - 6U * j) & 0x3FU];
    }
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  std::string compact = without_line_breaks(text);
  std::size_t padding = 0;
  while (padding < 2 && !compact.empty() && compact.back() == '=') {
    compact.pop_back();
    ++padding;
  }
  if ((compact.size() + padding) % 4 != 0) {
    return fail(Code::kInvalid, "base64 text has a wrong length");
  }
  std::string bytes;
  bytes.reserve(compact.size() * 3 / 4);
  unsigned group = 0;
  unsigned bits = 0;
  for (const char c : compact) {
    const int value = base64_value(c);
    if (value < 0) return fail(Code::kInvalid, "base64 text has a character outside its alphabet");
    group = group << 6U | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFFU);
  }
  wipe(compact);
  return bytes;
}

}  // namespace base
