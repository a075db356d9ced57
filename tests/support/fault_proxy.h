// FaultProxy: stands between the operator and a real server (the API server, or the CA), passes
// everything on, and misbehaves as its plan says. Entry points: FaultProxy, set_plan, hold_events,
// freeze.
//
// TLS on both sides; HTTP/1.1 towards the operator. Requests are forwarded whole and answers are
// read whole before a byte goes back, but watches, whose events are passed on one by one. So what
// the server has done and what the client hears of it are two separate things here.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "http/curl_transport.h"
#include "support/tls_listener.h"

namespace support {

// A request as the proxy sees it.
struct ProxyCall {
  std::string method{};
  std::string path{};   // without the query
  std::string query{};  // as sent
  std::vector<http::Header> headers{};
  std::string body{};
  int status = 0;  // in records: of the server's answer; 0 if it was never asked

  bool is_watch() const { return query.find("watch=1") != std::string::npos; }
  // By pages or as a stream.
  bool is_list() const {
    return method == "GET" && (query.find("limit=") != std::string::npos ||
                               query.find("sendInitialEvents") != std::string::npos);
  }
  bool is_write() const { return method != "GET" && method != "HEAD"; }
};

struct Fault {
  enum class Kind {
    kNone,
    kCutBefore,    // the server never hears of it; the connection is cut
    kCutAfter,     // the server has done it; the client hears nothing
    kCutMiddle,    // half of the server's answer, then the connection is cut
    kAnswer,       // `answer` instead; the server never hears of it
    kAnswerAfter,  // the server has done it, and the client hears `answer`
    kSlow,         // the server's answer, a few bytes at a time
    kSplit,        // the same at full speed: each piece in a TLS record of its own
    kHang,         // nothing, until the client gives up
  };
  Kind kind = Kind::kNone;
  http::Response answer{};
  // Both on the connection's thread: before the server is asked, and once the fault (or the normal
  // answer) is done. With kCutAfter: after the server's answer, before the cut.
  std::function<void()> before{};
  std::function<void()> after{};
};

// Thread-safe.
class FaultProxy {
 public:
  struct Upstream {
    std::string url{};  // "https://host:port"
    std::string ca_pem{};
  };
  // Asked for each request, one at a time; what it returns is done.
  using Plan = std::function<Fault(const ProxyCall&)>;
  // A watch event, {"type": ..., "object": ...}.
  using EventFilter = std::function<bool(const nlohmann::json& event)>;

  explicit FaultProxy(const Upstream& upstream);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::string url() const { return listener_->url(); }
  std::string ca_pem() const { return listener_->ca_pem(); }

  void set_plan(Plan plan);
  // Finished requests that the server has answered, oldest first; watches are not among them.
  std::vector<ProxyCall> calls() const;
  void forget_calls();

  // Events for which `held` is true, and later ones of the same object, are kept back.
  void hold_events(EventFilter held);
  enum class Release { kAll, kLatest };  // kLatest: of each object only the newest
  void release_events(Release what);
  // How many events are kept back now.
  std::size_t held() const;

  // The API server as it was at `resource_version`, or now: no event passes any more, and lists
  // are answered from that revision, as by a server that lags behind. Reads of single objects and
  // writes are not affected, as in Kubernetes since 1.31. thaw() ends it and passes on all events.
  // Lists are refused as streams meanwhile, so that they come by pages.
  void freeze(const std::string& resource_version);
  void thaw();
  // Cuts all connections.
  void cut_all() { listener_->cut_all(); }

 private:
  struct Stream;

  void serve(TlsConnection& connection);
  bool serve_request(TlsConnection& connection, const ProxyCall& call);
  bool carry_out(TlsConnection& connection, const ProxyCall& call, const Fault& fault);
  std::optional<http::Response> ask(const ProxyCall& call);
  void relay_watch(TlsConnection& connection, const ProxyCall& call);
  bool pass_on(Stream& stream, const std::string& line);
  std::optional<http::Response> stale_answer(const ProxyCall& call);
  Fault plan_for(const ProxyCall& call);
  bool is_frozen() const;

  const Upstream upstream_;
  std::unique_ptr<http::CurlTransport> transport_;

  mutable std::mutex mutex_;
  Plan plan_{};
  std::vector<ProxyCall> calls_{};

  // Of all events: a release is one step between two of them.
  mutable std::mutex events_mutex_;
  EventFilter held_{};
  std::string frozen_at_{};
  std::vector<Stream*> streams_{};

  std::stop_source stop_{};
  std::unique_ptr<TlsListener> listener_;  // last: its threads end before what they use
};

// "HTTP/1.1 ..." with a body of known length.
std::string http_text(const http::Response& response);
// A Status object of the API server as an answer.
http::Response status_answer(int code, const std::string& reason,
                             const std::vector<http::Header>& headers = {});

}  // namespace support
