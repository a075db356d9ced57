#include "kube/resource.h"

#include <algorithm>

namespace kube {
namespace {

constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kSubdomainBytesMax = 253;

bool is_lower_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Labels of a subdomain have no length limit of their own in Kubernetes.
bool is_label_text(std::string_view text) {
  return !text.empty() && is_lower_alphanumeric(text.front()) &&
         is_lower_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_alphanumeric(c) || c == '-';
         });
}

}  // namespace

std::string Resource::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

std::string ObjectKey::text() const {
  return namespace_.empty() ? name : namespace_ + "/" + name;
}

base::Result<ObjectKey> ObjectKey::parse(std::string_view text) {
  const auto slash = text.find('/');
  ObjectKey key;
  if (slash == std::string_view::npos) {
    key.name = text;
  } else {
    key.namespace_ = text.substr(0, slash);
    key.name = text.substr(slash + 1);
    if (key.namespace_.empty()) key.name.clear();
  }
  if (key.name.empty() || key.name.find('/') != std::string::npos) {
    return base::fail(base::Code::kInvalid,
                      "parse object key '" + std::string(text) + "': not namespace/name");
  }
  return key;
}

bool is_dns_label(std::string_view text) {
  return text.size() <= kLabelBytesMax && is_label_text(text);
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > kSubdomainBytesMax) return false;
  for (std::size_t start = 0; start <= text.size();) {
    const auto end = std::min(text.find('.', start), text.size());
    if (!is_label_text(text.substr(start, end - start))) return false;
    start = end + 1;
  }
  return true;
}

}  // namespace kube
