#include "simulator/service.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "simulator/admin.h"
#include "simulator/files.h"
#include "simulator/key_hash.h"
#include "simulator/seed.h"
#include "simulator/seed_load.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Drop = http::ServerResponse::Drop;

constexpr std::string_view kBase = "/services/v2/";
constexpr std::string_view kAdmin = "/_sim";

std::int64_t read_offset(Store& store) {
  const std::string text = store.fact("clock_offset_ms");
  std::int64_t offset = 0;
  std::from_chars(text.data(), text.data() + text.size(), offset);
  return offset;
}

base::Result<void> seed_state(Store& store, const Issuer& issuer, const SimulatorOptions& options,
                              base::TimePoint now) {
  if (store.fact("seeded") == "yes") return {};
  if (options.seed_file.empty() && options.seed_yaml.empty()) {
    return base::fail(
        base::Code::kInvalid,
        fmt::format("start the simulator: {} holds no state yet; give a seed", options.data_dir));
  }
  std::string yaml = options.seed_yaml;
  if (yaml.empty()) yaml = TRY(read_file(options.seed_file));
  const Seed seed = TRY(parse_seed(yaml, now));
  store.begin();
  if (auto loaded = load_seed({store, issuer, now}, seed, options.data_dir); !loaded) {
    store.roll_back();
    return loaded;
  }
  store.set_fact("seeded", "yes");
  return store.commit();
}

std::string query_text(const http::ServerRequest& request) {
  std::string text;
  for (const auto& [name, value] : request.query) {
    if (!text.empty()) text += '&';
    text += name + "=" + value;
  }
  return text;
}

std::string_view trim_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string html_page(std::string_view title) {
  return fmt::format(
      "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
      "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
      title);
}

bool is_write(std::string_view method) {
  return method != "GET" && method != "HEAD";
}

bool accepts_json(const http::ServerRequest& request) {
  const auto accept = request.header("accept");
  return !accept || accept->empty() || accept->contains("*/*") ||
         accept->contains("application/json") || accept->contains("application/*");
}

// Downloads decide for themselves what they can send.
bool is_download(std::string_view operation) {
  return operation.starts_with("download");
}

std::optional<Refusal> read_body(const http::ServerRequest& request, json& body) {
  body = json::object();
  if (request.body.empty()) return std::nullopt;
  const Refusal bad{400, "bad_request_format", "The body is not a JSON object."};
  const auto type = request.header("content-type");
  if (!type || !type->contains("application/json")) return bad;
  body = json::parse(request.body, nullptr, false);
  if (body.is_object()) return std::nullopt;
  body = json::object();
  return bad;
}

Refusal bad_key() {
  return {403, "access_denied|access_denied_invalid_key",
          "Access denied due to access_denied_invalid_key."};
}

Refusal too_many() {
  return {429, "request_limit_exceeded", "Service unavailable, please limit request volume"};
}

}  // namespace

// One call on its way from the socket to the journal and back.
struct Service::Draft {
  explicit Draft(const http::ServerRequest& request_) : request(request_) {}

  const http::ServerRequest& request;
  std::optional<Match> match{};
  json body = json::object();
  Call call{};
  std::vector<Violation> violations{};
  Answer answer{};
  std::vector<http::Header> headers{};
  Drop drop = Drop::kNo;

  std::string_view operation() const { return call.operation; }
  void note(Fault fault) {
    if (!call.fault.empty()) call.fault += ',';
    call.fault += name_of(fault);
  }
};

Service::Service(Store store, Issuer issuer, const SimulatorOptions& options,
                 const base::Clock& clock)
    : clock_(clock),
      issuer_(std::move(issuer)),
      manner_(options.polite ? Manner::kPolite : Manner::kNasty),
      data_dir_(options.data_dir),
      faults_(options.fault_seed, manner_),
      store_(std::move(store)) {
  offset_ms_ = read_offset(store_);
}

base::Result<std::unique_ptr<Service>> Service::open(const SimulatorOptions& options,
                                                     const base::Clock& clock) {
  if (options.data_dir.empty()) {
    return base::fail(base::Code::kInvalid, "start the simulator: no data directory was given");
  }
  TRY_VOID(make_directory(options.data_dir));
  Issuer issuer = TRY(Issuer::open(options.data_dir, clock.now()));
  Store store = TRY(Store::open(options.data_dir + "/sim.db"));
  TRY_VOID(seed_state(store, issuer, options, clock.now()));
  std::unique_ptr<Service> service(
      new Service(std::move(store), std::move(issuer), options, clock));
  TRY_VOID(service->faults_.set(service->manner_, options.faults));
  return service;
}

base::TimePoint Service::now() const {
  return clock_.now() + milliseconds{offset_ms_.load()};
}

void Service::advance(std::chrono::seconds by) {
  const base::MutexLock lock(mutex_);
  offset_ms_ += milliseconds{by}.count();
  store_.set_fact("clock_offset_ms", std::to_string(offset_ms_.load()));
}

void Service::stop() {
  const base::MutexLock lock(wait_mutex_);
  stopped_ = true;
  stopping_.notify_all();
}

void Service::wait(milliseconds time) {
  if (time.count() <= 0) return;
  std::unique_lock lock(wait_mutex_);
  stopping_.wait_for(lock, time, [this] { return stopped_; });
}

http::ServerResponse Service::handle(const http::ServerRequest& request) {
  if (request.path.starts_with(kBase)) return handle_call(request);
  if (request.path.starts_with(kAdmin)) {
    const AdminAnswer answer = answer_admin(
        *this, {request.method, request.path.substr(kAdmin.size()), request.query, request.body});
    return {answer.status, answer.content_type, {}, answer.body, Drop::kNo};
  }
  return {404, "text/html", {}, html_page("404 Not Found"), Drop::kNo};
}

http::ServerResponse Service::handle_call(const http::ServerRequest& request) {
  Draft draft(request);
  const std::string_view path = trim_slashes(std::string_view(request.path).substr(kBase.size()));
  const base::Steady begun = clock_.steady_now();
  draft.match = find_route(request.method, path);
  draft.call.method = request.method;
  draft.call.path = path;
  draft.call.query = query_text(request);
  draft.call.operation = draft.match ? draft.match->route->operation : "unknown";
  if (const auto slow = faults_.delay(Fault::kSlowAnswer, draft.operation()); slow.count() > 0) {
    draft.note(Fault::kSlowAnswer);
    wait(slow);
  }
  std::chrono::milliseconds late{0};
  {
    const base::MutexLock lock(mutex_);
    draft.call.at = now();
    store_.begin();
    if (!fail_before(draft)) admit_and_run(draft);
    late = draft.call.took_effect ? faults_.delay(Fault::kLateAnswer, draft.operation())
                                  : std::chrono::milliseconds{0};
    if (late.count() > 0) draft.note(Fault::kLateAnswer);
    draft.call.duration_ms =
        static_cast<int>(std::chrono::round<milliseconds>(clock_.steady_now() - begun).count());
    record(draft);
  }
  if (late.count() > 0) wait(late);
  return {draft.answer.status, draft.answer.content_type, std::move(draft.headers),
          std::move(draft.answer.body), draft.drop};
}

// Faults that keep the work from being done.
bool Service::fail_before(Draft& draft) {
  if (faults_.fires(Fault::kResetBefore, draft.operation())) {
    draft.note(Fault::kResetBefore);
    draft.drop = Drop::kReset;
    draft.answer.status = 0;
    return true;
  }
  if (faults_.fires(Fault::kHtml500, draft.operation())) {
    draft.note(Fault::kHtml500);
    draft.answer = {500, "text/html", html_page("500 Internal Server Error")};
    return true;
  }
  return false;
}

// Faults that hide that the work was done.
void Service::fail_after(Draft& draft) {
  if (faults_.fires(Fault::kLoseAnswer, draft.operation())) {
    draft.note(Fault::kLoseAnswer);
    draft.drop = Drop::kClose;
    return;
  }
  if (faults_.fires(Fault::kHtml502After, draft.operation())) {
    draft.note(Fault::kHtml502After);
    draft.answer = {502, "text/html", html_page("502 Bad Gateway")};
  }
}

std::optional<Refusal> Service::identify(Draft& draft, Caller& caller) {
  const auto text = draft.request.header("x-dc-devkey");
  if (!text) return bad_key();
  const std::string hash = key_hash(*text);
  draft.call.key_hash = short_hash(hash);
  const auto key = store_.key_by_hash(hash);
  if (!key) return bad_key();
  const auto user = store_.user(key->user_id);
  const auto account = store_.account(key->account_id);
  if (!user || !account) return bad_key();
  const auto containers = store_.containers(account->id);
  caller = {*key, *user, *account, containers.empty() ? 0 : containers.front().id};
  return std::nullopt;
}

std::optional<Refusal> Service::check_rate(Draft& draft, const Caller& caller) {
  const RateLimits limits{caller.account.requests_per_3_minutes,
                          caller.account.requests_per_5_seconds};
  if (const auto wait = rate_.take(caller.key.sha256, limits, clock_.steady_now())) {
    // Retry-After is documented nowhere; sent half of the time, it keeps clients from relying on
    // it.
    if (draft.call.at.time_since_epoch().count() % 2 == 0) {
      draft.headers.push_back({"Retry-After", std::to_string(wait->count())});
    }
    return too_many();
  }
  if (!faults_.fires(Fault::kTooManyRequests, draft.operation())) return std::nullopt;
  draft.note(Fault::kTooManyRequests);
  return too_many();
}

std::optional<Refusal> Service::admit(Draft& draft, Caller& caller) {
  if (auto refusal = identify(draft, caller)) return refusal;
  if (auto refusal = check_rate(draft, caller)) return refusal;
  if (!draft.match) return not_found("route");
  if (!is_download(draft.operation()) && !accepts_json(draft.request)) {
    return Refusal{406, "not_acceptable", "Not acceptable."};
  }
  const Access access = is_write(draft.request.method) ? Access::kWrite : Access::kRead;
  const Area area = draft.match->route->area;
  if (auto refusal = check_permission(caller.key.restriction, caller.user.role, area, access)) {
    return refusal;
  }
  return read_body(draft.request, draft.body);
}

void Service::admit_and_run(Draft& draft) {
  Caller caller;
  if (const auto refusal = admit(draft, caller)) {
    draft.answer = refuse(*refusal);
    return;
  }
  run(draft, caller);
  if (draft.answer.status >= 400) {
    draft.call.took_effect = false;
    store_.roll_back();
    store_.begin();
  }
  fail_after(draft);
}

void Service::run(Draft& draft, const Caller& caller) {
  World world{store_, issuer_, faults_, draft.call.at};
  Exchange exchange{draft.request, draft.match->parameters, draft.body, draft.operation(), caller};
  // Handlers read JSON of strangers: what its library throws ends as an answer.
  try {
    draft.answer = draft.match->route->handler(world, exchange);
  } catch (const json::exception& error) {
    draft.answer = refuse(internal({.code = base::Code::kInternal, .message = error.what()}));
  }
  draft.call.took_effect = exchange.took_effect;
  draft.call.order_id = exchange.order_id;
  if (!exchange.faults.empty()) {
    draft.call.fault += (draft.call.fault.empty() ? "" : ",") + exchange.faults;
  }
  draft.violations = std::move(exchange.violations);
  if (draft.match->route->conduct == Conduct::kForbidden) {
    draft.violations.push_back(
        {0, {}, draft.call.operation, "", "", fmt::format("answered {}", draft.answer.status)});
  }
}

// The journal is committed together with the work that it tells of.
void Service::record(Draft& draft) {
  draft.call.http_status = draft.answer.status;
  draft.call.answered = draft.drop == Drop::kNo;
  store_.put(draft.call);
  for (Violation& violation : draft.violations) {
    violation.at = draft.call.at;
    violation.path = draft.call.path;
    violation.key_hash = draft.call.key_hash;
    store_.put(violation);
  }
  if (const auto committed = store_.commit(); !committed) {
    base::log_error("simulator: a call was lost", {{"error", committed.error().message}});
    draft.drop = Drop::kNo;
    draft.answer = {500, "text/html", html_page("500 Internal Server Error")};
  }
}

}  // namespace simulator
