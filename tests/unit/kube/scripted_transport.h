// ScriptedTransport: gives prepared answers in order and remembers the requests.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/transport.h"

namespace kube_test {

// What the test sees; outlives the transport, which the client owns.
struct Script {
  std::deque<base::Result<http::Response>> answers{};
  std::vector<http::Request> requests{};

  void answer(int status, std::string body, std::vector<http::Header> headers = {}) {
    answers.push_back(
        http::Response{.status = status, .headers = std::move(headers), .body = std::move(body)});
  }
  void fail(base::Code code) { answers.push_back(base::fail(code, "scripted")); }
};

class ScriptedTransport final : public http::Transport {
 public:
  explicit ScriptedTransport(Script& script) : script_(script) {}

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    script_.requests.push_back(request);
    if (script_.answers.empty()) return base::fail(base::Code::kInternal, "script is at its end");
    auto answer = std::move(script_.answers.front());
    script_.answers.pop_front();
    return answer;
  }

  // A 2xx body goes to the sink byte by byte.
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                      std::stop_token stop) override {
    auto answer = send(request, std::move(stop));
    if (!answer || answer->status < 200 || answer->status > 299) return answer;
    for (const char byte : std::exchange(answer->body, {})) {
      if (auto taken = sink({&byte, 1}); !taken) return std::unexpected(taken.error());
    }
    return answer;
  }

 private:
  Script& script_;
};

}  // namespace kube_test
