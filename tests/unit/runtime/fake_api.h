// FakeApi: answers of an API server that the test decides upon, request by request. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "http/transport.h"
#include "kube/client.h"

namespace runtime_test {

// What a server says: a body with a status; for a stream, lines, and how it ends.
struct Answer {
  int status = 200;
  std::string body{};
  enum class End { kClean, kBroken, kOpen } end = End::kClean;  // kOpen: until the client stops
  bool lost = false;                                            // no answer at all

  static Answer json(const nlohmann::json& object, int status_ = 200) {
    return {.status = status_, .body = object.dump()};
  }
  static Answer none() { return {.lost = true}; }
};

class FakeApi {
 public:
  using Respond = std::function<Answer(const http::Request&)>;
  explicit FakeApi(Respond respond) : respond_(std::move(respond)) {}

  // All methods and paths so far, as "GET /apis/...", without the query.
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> made;
    for (const http::Request& request : requests_) made.push_back(call_of(request));
    return made;
  }
  std::vector<http::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  static std::string call_of(const http::Request& request) {
    return request.method + " " + path_of(request);
  }
  static std::string path_of(const http::Request& request) {
    const std::string path = request.url.substr(kServer.size());
    return path.substr(0, path.find('?'));
  }

  std::unique_ptr<kube::Client> client(const base::Clock& clock,
                                       std::function<bool()> may_write = {}) {
    return std::make_unique<kube::Client>(
        kube::ClientOptions{.server = std::string(kServer),
                            .field_manager = "test",
                            .may_write = std::move(may_write)},
        std::make_unique<Transport>(*this),
        std::make_unique<kube::TokenSource>(base::SecretString(), "", clock), clock);
  }

 private:
  static constexpr std::string_view kServer = "https://fake.test";

  class Transport final : public http::Transport {
   public:
    explicit Transport(FakeApi& api) : api_(api) {}

    base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
      const Answer answer = api_.take(request);
      if (answer.lost) return base::fail(base::Code::kUnavailable, "the answer was lost");
      return http::Response{.status = answer.status, .body = answer.body};
    }

    base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                        std::stop_token stop) override {
      const Answer answer = api_.take(request);
      if (answer.status != 200) return http::Response{answer.status, {}, answer.body};
      if (auto taken = sink(answer.body); !taken) return std::unexpected(taken.error());
      if (answer.end == Answer::End::kOpen) wait(stop);
      if (answer.end == Answer::End::kBroken) {
        return base::fail(base::Code::kUnavailable, "the stream broke");
      }
      if (stop.stop_requested()) return base::fail(base::Code::kCancelled, "stopped");
      return http::Response{.status = 200};
    }

   private:
    static void wait(const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
    }

    FakeApi& api_;
  };

  Answer take(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    return respond_(request);
  }

  const Respond respond_;
  mutable std::mutex mutex_;
  std::vector<http::Request> requests_{};
};

}  // namespace runtime_test
