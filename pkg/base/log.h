// Structured logs: one line per event, JSON or text, on standard error. Thread-safe.
// Never pass a secret: SecretString does not convert to a field value.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kJson, kText };

// Reads "debug", "info", "warn", "error" or "off"; kInvalid otherwise.
Result<LogLevel> parse_log_level(std::string_view text);

// Sets up the sink; call once from main before threads start. Default: text at info.
void init_log(LogFormat format, LogLevel level);
bool log_enabled(LogLevel level);

// One key and its value. Keys are snake_case: key, action, reason, order_id, error, duration_ms.
struct LogField {
  LogField(std::string_view key_, std::string_view text) : key(key_), value(text) {}
  template <std::integral N>
  LogField(std::string_view key_, N number)
      : key(key_), value(std::to_string(number)), bare(true) {}

  std::string_view key;
  std::string value;
  bool bare = false;  // a number: written without quotes in JSON
};
using LogFields = std::initializer_list<LogField>;

void log(LogLevel level, std::string_view message, LogFields fields = {});
inline void log_debug(std::string_view message, LogFields fields = {}) {
  log(LogLevel::kDebug, message, fields);
}
inline void log_info(std::string_view message, LogFields fields = {}) {
  log(LogLevel::kInfo, message, fields);
}
inline void log_warn(std::string_view message, LogFields fields = {}) {
  log(LogLevel::kWarn, message, fields);
}
inline void log_error(std::string_view message, LogFields fields = {}) {
  log(LogLevel::kError, message, fields);
}

}  // namespace base
