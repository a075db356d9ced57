#include "certcentral/metered_transport.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace certcentral {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

// Path segments whose follower is a value.
bool takes_value(std::string_view segment) {
  return segment == "alternate" || segment == "product";
}

// Serial numbers and thumbprints: "order/certificate/<hex>".
bool is_serial(std::string_view text) {
  return text.size() >= 16 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c); });
}

}  // namespace

std::string operation_of(const http::Request& request, std::string_view base_url) {
  std::string_view path = request.url;
  if (path.starts_with(base_url)) path.remove_prefix(base_url.size());
  path = path.substr(0, path.find('?'));
  std::string operation = request.method;
  std::string_view before;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (segment.empty()) continue;
    operation += before.empty() ? ' ' : '/';
    if (is_number(segment)) {
      operation += "{id}";
    } else if (takes_value(before) || is_serial(segment)) {
      operation += "{value}";
    } else {
      operation += segment;
    }
    before = segment;
  }
  return operation;
}

std::span<const std::string_view> known_operations() {
  static constexpr std::array<std::string_view, 13> kKnown{
      "GET user/me",
      "GET organization",
      "GET organization/{id}",
      "GET product/{value}",
      "GET order/certificate",
      "GET order/certificate/{id}",
      "GET order/certificate/{value}",
      "GET order/certificate/{id}/duplicate",
      "GET certificate/{id}/download/format/pem_all",
      "GET request/{id}",
      "GET order/alternate/{value}",
      "GET order/certificate/status-changes",
      "POST order/certificate/{id}/duplicate"};
  return kKnown;
}

MeteredTransport::MeteredTransport(std::unique_ptr<http::Transport> inner, std::string base_url,
                                   CallObserver observer, const base::Clock& clock)
    : inner_(std::move(inner)),
      base_url_(std::move(base_url)),
      observer_(std::move(observer)),
      clock_(clock) {}

base::Result<http::Response> MeteredTransport::send(const http::Request& request,
                                                    std::stop_token stop) {
  const base::Steady began = clock_.steady_now();
  auto answer = inner_->send(request, std::move(stop));
  tell(request, answer, began);
  return answer;
}

base::Result<http::Response> MeteredTransport::stream(const http::Request& request,
                                                      const http::BodySink& sink,
                                                      std::stop_token stop) {
  const base::Steady began = clock_.steady_now();
  auto answer = inner_->stream(request, sink, std::move(stop));
  tell(request, answer, began);
  return answer;
}

void MeteredTransport::tell(const http::Request& request,
                            const base::Result<http::Response>& answer, base::Steady began) const {
  const std::chrono::duration<double> took = clock_.steady_now() - began;
  const std::string code =
      answer ? std::to_string(answer->status) : std::string(base::name_of(answer.error().code));
  observer_(operation_of(request, base_url_), code, took.count());
}

}  // namespace certcentral
