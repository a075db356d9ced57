// Answers from tests/data/certcentral, and an http::Transport that gives answers in a given order.
#pragma once

#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/transport.h"

namespace certcentral::test {

inline std::string data(const std::string& name) {
  std::ifstream file(std::string(DUPLICERT_SOURCE_DIR) + "/tests/data/certcentral/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Keeps the requests and answers each with the next answer or error in line.
class RecordingTransport final : public http::Transport {
 public:
  void answer(int status, std::string body, std::vector<http::Header> headers = {}) {
    if (headers.empty()) headers = {{"Content-Type", "application/json"}};
    next_.push_back(http::Response{status, std::move(headers), std::move(body)});
  }
  void fail(base::Error error) { next_.push_back(std::unexpected(std::move(error))); }

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    requests.push_back(request);
    if (next_.empty()) return base::fail(base::Code::kInternal, "no answer is left");
    auto result = std::move(next_.front());
    next_.pop_front();
    return result;
  }
  base::Result<http::Response> stream(const http::Request&, const http::BodySink&,
                                      std::stop_token) override {
    return base::fail(base::Code::kInternal, "CertCentral streams nothing");
  }

  std::vector<http::Request> requests{};

 private:
  std::deque<base::Result<http::Response>> next_{};
};

inline std::string header_of(const http::Request& request, std::string_view name) {
  for (const http::Header& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace certcentral::test
