#include "kube/warnings.h"

#include <strings.h>

#include "base/log.h"

namespace kube {
namespace {

// What stands between the quotes of `299 - "text"`; "" if it has another form.
std::string text_of(const std::string& value) {
  const auto first = value.find('"');
  const auto last = value.rfind('"');
  if (!value.starts_with("299 ") || first == last) return "";
  return value.substr(first + 1, last - first - 1);
}

}  // namespace

int Warnings::log_new(const http::Response& response) {
  int count = 0;
  for (const http::Header& header : response.headers) {
    if (strcasecmp(header.name.c_str(), "Warning") != 0) continue;
    const std::string text = text_of(header.value);
    if (text.empty()) continue;
    {
      const base::MutexLock lock(mutex_);
      if (seen_.size() >= kTextsMax || !seen_.insert(text).second) continue;
    }
    base::log_warn("the API server warns", {{"text", text}});
    ++count;
  }
  return count;
}

}  // namespace kube
