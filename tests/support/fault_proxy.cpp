#include "support/fault_proxy.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "base/check.h"

namespace support {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

bool is_name(const std::string& name, std::string_view wanted) {
  return std::ranges::equal(name, wanted, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

// Those that belong to one connection, and what the transport sets by itself.
bool is_of_connection(const std::string& name) {
  return std::ranges::any_of(
      std::vector<std::string_view>{"Host", "Connection", "Content-Length", "Transfer-Encoding",
                                    "Accept-Encoding", "Keep-Alive", "Expect"},
      [&](std::string_view one) { return is_name(name, one); });
}

ProxyCall parse_head(const std::string& head) {
  ProxyCall call;
  std::istringstream lines(head);
  std::string target;
  lines >> call.method >> target;
  const auto mark = target.find('?');
  call.path = target.substr(0, mark);
  if (mark != std::string::npos) call.query = target.substr(mark + 1);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.size() > 1) {
    if (line.back() == '\r') line.pop_back();
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto value = line.find_first_not_of(' ', colon + 1);
    call.headers.push_back(
        {line.substr(0, colon), value == std::string::npos ? "" : line.substr(value)});
  }
  return call;
}

std::size_t body_bytes(const ProxyCall& call) {
  for (const http::Header& header : call.headers) {
    if (is_name(header.name, "Content-Length")) return std::stoul(header.value);
  }
  return 0;
}

std::string chunk(const std::string& bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string object_of(const json& event) {
  return event.value(json::json_pointer("/object/metadata/uid"), std::string());
}

}  // namespace

std::string http_text(const http::Response& response) {
  std::string text = fmt::format("HTTP/1.1 {} X\r\n", response.status);
  for (const http::Header& header : response.headers) {
    if (!is_of_connection(header.name)) text += header.name + ": " + header.value + "\r\n";
  }
  return text + fmt::format("Content-Length: {}\r\n\r\n", response.body.size()) + response.body;
}

http::Response status_answer(int code, const std::string& reason,
                             const std::vector<http::Header>& headers) {
  const json body = {{"kind", "Status"},      {"apiVersion", "v1"}, {"status", "Failure"},
                     {"message", "injected"}, {"reason", reason},   {"code", code}};
  http::Response answer{.status = code, .headers = headers, .body = body.dump()};
  answer.headers.push_back({"Content-Type", "application/json"});
  return answer;
}

// A watch that is being relayed.
struct FaultProxy::Stream {
  TlsConnection& connection;
  std::string partial{};            // the relaying thread's own
  std::vector<json> kept{};         // held back, in order; under events_mutex_, as the next
  std::set<std::string> objects{};  // with events among them
};

FaultProxy::FaultProxy(const Upstream& upstream) : upstream_(upstream) {
  auto transport = http::CurlTransport::create({.ca_pem = upstream.ca_pem});
  BASE_CHECK(transport);
  transport_ = *std::move(transport);
  listener_ = std::make_unique<TlsListener>([this](TlsConnection& one) { serve(one); });
}

FaultProxy::~FaultProxy() {
  stop_.request_stop();
  listener_->stop();
}

void FaultProxy::set_plan(Plan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
}

std::vector<ProxyCall> FaultProxy::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FaultProxy::forget_calls() {
  const std::lock_guard lock(mutex_);
  calls_.clear();
}

Fault FaultProxy::plan_for(const ProxyCall& call) {
  const std::lock_guard lock(mutex_);
  return plan_ ? plan_(call) : Fault{};
}

void FaultProxy::serve(TlsConnection& connection) {
  while (!connection.is_cut()) {
    const std::string head = connection.read_head();
    if (head.empty()) return;
    ProxyCall call = parse_head(head);
    const std::size_t bytes = body_bytes(call);
    call.body = connection.read_body(bytes);
    if (call.body.size() < bytes) return;
    if (!serve_request(connection, call)) return;
  }
}

bool FaultProxy::serve_request(TlsConnection& connection, const ProxyCall& call) {
  const Fault fault = plan_for(call);
  if (fault.before) fault.before();
  const bool goes_on = carry_out(connection, call, fault);
  if (fault.after && fault.kind != Fault::Kind::kCutAfter) fault.after();
  return goes_on;
}

bool FaultProxy::carry_out(TlsConnection& connection, const ProxyCall& call, const Fault& fault) {
  using Kind = Fault::Kind;
  if (fault.kind == Kind::kCutBefore) {
    connection.cut();
    return false;
  }
  if (fault.kind == Kind::kHang) {
    connection.wait_for_close();
    return false;
  }
  if (fault.kind == Kind::kAnswer) return connection.write(http_text(fault.answer));
  if (call.is_watch() && call.query.find("sendInitialEvents") != std::string::npos && is_frozen()) {
    return connection.write(http_text(status_answer(422, "Invalid")));
  }
  if (call.is_watch() && fault.kind == Kind::kNone) {
    relay_watch(connection, call);
    return false;
  }
  const auto answer = ask(call);
  if (fault.kind == Kind::kCutAfter && fault.after) fault.after();
  if (!answer || fault.kind == Kind::kCutAfter) {
    connection.cut();
    return false;
  }
  const std::string text = http_text(*answer);
  if (fault.kind == Kind::kAnswerAfter) return connection.write(http_text(fault.answer));
  if (fault.kind == Kind::kSlow) return connection.write_in_pieces(text, 512, 20ms);
  if (fault.kind == Kind::kSplit) return connection.write_in_pieces(text, 7, 0ms);
  if (fault.kind != Kind::kCutMiddle) return connection.write(text);
  connection.write(std::string_view(text).substr(0, text.size() / 2));
  connection.cut();
  return false;
}

// The server's answer; nullopt if it could not be reached, which the client sees as a cut.
std::optional<http::Response> FaultProxy::ask(const ProxyCall& call) {
  if (auto stale = stale_answer(call)) return stale;
  http::Request request{
      .method = call.method,
      .url = upstream_.url + call.path + (call.query.empty() ? "" : "?" + call.query),
      .body = call.body,
      .timeout = 60s,
      .once = call.is_write()};
  for (const http::Header& header : call.headers) {
    if (!is_of_connection(header.name)) request.headers.push_back(header);
  }
  auto answer = transport_->send(request, stop_.get_token());
  if (!answer) return std::nullopt;
  ProxyCall done = call;
  done.status = answer->status;
  const std::lock_guard lock(mutex_);
  calls_.push_back(std::move(done));
  return *std::move(answer);
}

// Lists of collections, while the view is frozen.
std::optional<http::Response> FaultProxy::stale_answer(const ProxyCall& call) {
  std::string version;
  {
    const std::lock_guard lock(events_mutex_);
    version = frozen_at_;
  }
  const bool is_list = call.method == "GET" && call.query.find("limit=") != std::string::npos;
  if (version.empty() || !is_list || call.query.find("resourceVersion") != std::string::npos) {
    return std::nullopt;
  }
  ProxyCall old = call;
  old.query += "&resourceVersion=" + version + "&resourceVersionMatch=Exact";
  return ask(old);
}

void FaultProxy::relay_watch(TlsConnection& connection, const ProxyCall& call) {
  Stream stream{.connection = connection};
  http::Request request{.method = call.method,
                        .url = upstream_.url + call.path + "?" + call.query,
                        .idle_timeout = 400s};
  for (const http::Header& header : call.headers) {
    if (!is_of_connection(header.name)) request.headers.push_back(header);
  }
  bool begun = false;
  {
    const std::lock_guard lock(events_mutex_);
    streams_.push_back(&stream);
  }
  const auto begin = [&] {
    if (std::exchange(begun, true)) return true;
    return connection.write(
        "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  };
  const auto sink = [&](std::string_view bytes) -> base::Result<void> {
    if (!begin()) return base::fail(base::Code::kCancelled, "the client is gone");
    stream.partial += bytes;
    for (auto end = stream.partial.find('\n'); end != std::string::npos;
         end = stream.partial.find('\n')) {
      const std::string line = stream.partial.substr(0, end + 1);
      stream.partial.erase(0, end + 1);
      if (!pass_on(stream, line)) return base::fail(base::Code::kCancelled, "the client is gone");
    }
    return {};
  };
  // A client that closes is noticed when something is written, or here.
  std::stop_source ended;
  const std::stop_callback with_proxy(stop_.get_token(), [&ended] { ended.request_stop(); });
  std::jthread watcher([&] {
    connection.wait_for_close();
    ended.request_stop();
  });
  const auto answer = transport_->stream(request, sink, ended.get_token());
  {
    const std::lock_guard lock(events_mutex_);
    std::erase(streams_, &stream);
  }
  const bool is_whole =
      answer && (answer->status != 200 ? connection.write(http_text(*answer))
                                       : begin() && connection.write("0\r\n\r\n"));
  is_whole ? connection.finish() : connection.cut();  // ends `watcher` too
}

bool FaultProxy::pass_on(Stream& stream, const std::string& line) {
  const std::lock_guard lock(events_mutex_);
  const bool frozen = !frozen_at_.empty();
  if (held_ || frozen || !stream.kept.empty()) {
    json event = json::parse(line, nullptr, false);
    const std::string object = event.is_object() ? object_of(event) : "";
    if (frozen || stream.objects.contains(object) || (held_ && held_(event))) {
      stream.objects.insert(object);
      stream.kept.push_back(std::move(event));
      return true;
    }
  }
  return stream.connection.write(chunk(line));
}

void FaultProxy::hold_events(EventFilter held) {
  const std::lock_guard lock(events_mutex_);
  held_ = std::move(held);
}

void FaultProxy::release_events(Release what) {
  const std::lock_guard lock(events_mutex_);
  held_ = nullptr;
  for (Stream* stream : streams_) {
    for (std::size_t i = 0; i < stream->kept.size(); ++i) {
      const auto is_same = [&](const json& later) {
        return object_of(later) == object_of(stream->kept[i]);
      };
      const auto rest = stream->kept.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      const bool last = std::none_of(rest, stream->kept.end(), is_same);
      if (what == Release::kAll || last) {
        stream->connection.write(chunk(stream->kept[i].dump() + "\n"));
      }
    }
    stream->kept.clear();
    stream->objects.clear();
  }
}

std::size_t FaultProxy::held() const {
  const std::lock_guard lock(events_mutex_);
  std::size_t count = 0;
  for (Stream* stream : streams_) {
    count += stream->kept.size();
  }
  return count;
}

void FaultProxy::freeze(const std::string& resource_version) {
  const std::lock_guard lock(events_mutex_);
  frozen_at_ = resource_version;
}

bool FaultProxy::is_frozen() const {
  const std::lock_guard lock(events_mutex_);
  return !frozen_at_.empty();
}

void FaultProxy::thaw() {
  {
    const std::lock_guard lock(events_mutex_);
    frozen_at_.clear();
  }
  release_events(Release::kAll);
}

}  // namespace support
