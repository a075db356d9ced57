// SecretString and small encodings of bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

using Bytes = std::vector<std::uint8_t>;

// Text that must not be seen: a private key, an API key, a password. It wipes its memory when it
// dies or is overwritten, and has no stream operator and no formatter, so that it cannot be
// logged by accident. Thread-compatible.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string text);
  SecretString(const SecretString& other);
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(const SecretString& other);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  // The only way to the text; search for it to audit who reads secrets.
  std::string_view expose() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const SecretString& other) const;  // constant time for equal lengths

 private:
  std::string text_;
};

// Overwrites `text` with zeros in a way that the compiler keeps, then empties it.
void wipe(std::string& text);

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

// Standard base64 with padding (RFC 4648 section 4).
std::string to_base64(std::string_view bytes);
// Accepts line breaks; kInvalid for anything else outside the alphabet or a wrong length.
Result<std::string> from_base64(std::string_view text);

}  // namespace base
