#include "base/log.h"

#include <atomic>
#include <memory>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"

namespace base {
namespace {

std::atomic<LogFormat> g_format{LogFormat::kText};

spdlog::logger& logger() {
  // Leaked on purpose: threads may log until the very end of the process.
  static auto* const instance = [] {
    auto* made = new spdlog::logger("duplicert", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::string_view word_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      return "off";
  }
  return "info";
}

// JSON string contents; bytes outside ASCII pass through, control characters are escaped.
std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string json_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","message":"{}")",
                  format_micro_time(SystemClock{}.now()), word_of(level), escaped(message));
  for (const LogField& field : fields) {
    line += fmt::format(fmt::runtime(field.bare ? R"(,"{}":{})" : R"(,"{}":"{}")"), field.key,
                        escaped(field.value));
  }
  return line + "}";
}

std::string text_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line =
      fmt::format("{} {:<5} {}", format_time(SystemClock{}.now()), word_of(level), message);
  for (const LogField& field : fields) {
    line += fmt::format(fmt::runtime(field.bare ? " {}={}" : " {}=\"{}\""), field.key,
                        escaped(field.value));
  }
  return line;
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError, LogLevel::kOff}) {
    if (word_of(level) == text) return level;
  }
  return fail(Code::kInvalid,
              fmt::format("log level '{}': use debug, info, warn, error or off", text));
}

void init_log(LogFormat format, LogLevel level) {
  g_format = format;
  logger().set_level(to_spdlog(level));
}

bool log_enabled(LogLevel level) {
  return logger().should_log(to_spdlog(level));
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (!log_enabled(level)) return;
  const std::string line = g_format == LogFormat::kJson ? json_line(level, message, fields)
                                                        : text_line(level, message, fields);
  logger().log(to_spdlog(level), line);
}

}  // namespace base
