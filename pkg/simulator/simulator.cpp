#include "simulator/simulator.h"

#include <fmt/format.h>

#include "http/server.h"
#include "simulator/admin.h"
#include "simulator/files.h"
#include "simulator/service.h"

namespace simulator {
namespace {

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

base::Result<void> check(const SimulatorOptions& options) {
  if (is_loopback(options.host) || options.allow_remote) return {};
  return base::fail(base::Code::kInvalid,
                    fmt::format("start the simulator: {} is no loopback address, and the admin "
                                "interface has no key; allow it explicitly to go on",
                                options.host));
}

base::Result<http::ServerOptions> server_options(const SimulatorOptions& options,
                                                 const Issuer& issuer) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  names.insert(names.end(), options.tls_names.begin(), options.tls_names.end());
  const TlsMaterial tls = TRY(issuer.make_tls(names, base::SystemClock{}.now()));
  http::ServerOptions result;
  result.host = options.host;
  result.port = options.port;
  result.certificate_pem = tls.certificate_pem;
  result.private_key_pem = tls.key_pem;
  result.threads = options.threads;
  return result;
}

// "/journal?a=1&b=2" to path and query; nothing here needs percent-encoding.
AdminRequest split_path(std::string_view method, std::string_view path, std::string_view body) {
  AdminRequest request;
  request.method = method;
  const auto mark = path.find('?');
  request.path = path.substr(0, mark);
  std::string_view rest = mark == std::string_view::npos ? "" : path.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos) {
      request.query.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  request.body = body;
  return request;
}

base::Code code_of(int status) {
  if (status == 404) return base::Code::kNotFound;
  if (status == 409) return base::Code::kConflict;
  return status == 400 ? base::Code::kInvalid : base::Code::kInternal;
}

}  // namespace

struct Simulator::Impl {
  std::unique_ptr<Service> service;
  std::unique_ptr<http::Server> server;
};

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Simulator::~Simulator() {
  stop();
}

base::Result<std::unique_ptr<Simulator>> Simulator::start(const SimulatorOptions& options,
                                                          const base::Clock& clock) {
  TRY_VOID(check(options));
  auto impl = std::make_unique<Impl>();
  impl->service = TRY(Service::open(options, clock));
  const http::ServerOptions server = TRY(server_options(options, impl->service->issuer()));
  Service& service = *impl->service;
  impl->server = TRY(http::Server::start(
      server, [&service](const http::ServerRequest& request) { return service.handle(request); }));
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

void Simulator::stop() {
  impl_->service->stop();
  impl_->server->stop();
}

std::string Simulator::base_url() const {
  return impl_->server->url() + "/services/v2";
}
std::string Simulator::admin_url() const {
  return impl_->server->url() + "/_sim";
}
std::string Simulator::ca_pem() const {
  return impl_->service->issuer().tls_root_pem();
}
std::string Simulator::root_pem() const {
  return impl_->service->issuer().root_pem();
}

base::Result<base::SecretString> Simulator::api_key(std::string_view name) const {
  const std::string file = impl_->service->read_state(
      [&](Store& store) { return store.fact(fmt::format("key_file:{}", name)); });
  if (file.empty()) {
    return base::fail(base::Code::kNotFound,
                      fmt::format("read the API key \"{}\": none was generated", name));
  }
  std::string text = TRY(read_file(impl_->service->data_dir() + "/" + file));
  base::SecretString key(text);
  base::wipe(text);
  return key;
}

base::Result<void> Simulator::set_faults(const std::vector<std::string>& faults) {
  return impl_->service->faults().set(Manner::kPolite, faults);
}

void Simulator::advance_clock(std::chrono::seconds by) {
  impl_->service->advance(by);
}
base::TimePoint Simulator::now() const {
  return impl_->service->now();
}

std::vector<Call> Simulator::journal(const CallFilter& filter) const {
  return impl_->service->read_state([&](Store& store) { return store.calls(filter); });
}

std::map<std::string, std::size_t> Simulator::counts() const {
  return impl_->service->read_state([](Store& store) { return store.effects(); });
}

std::size_t Simulator::count(std::string_view operation) const {
  const auto all = counts();
  const auto found = all.find(std::string(operation));
  return found == all.end() ? 0 : found->second;
}

std::vector<Violation> Simulator::violations() const {
  return impl_->service->read_state([](Store& store) { return store.violations(); });
}

base::Result<std::int64_t> Simulator::place_order(const PersonOrder& order) {
  return impl_->service->with_state(
      [&](const IssueWorld& world) { return person_orders(world, order); });
}

base::Result<void> Simulator::reissue_primary(std::int64_t order_id) {
  return impl_->service->with_state(
      [&](const IssueWorld& world) { return person_reissues(world, order_id); });
}

base::Result<void> Simulator::approve_request(std::int64_t request_id) {
  return impl_->service->with_state(
      [&](const IssueWorld& world) { return person_approves(world, request_id, ""); });
}

base::Result<void> Simulator::reject_request(std::int64_t request_id, std::string_view comment) {
  return impl_->service->with_state([&](const IssueWorld& world) {
    return person_rejects(world, request_id, std::string(comment));
  });
}

base::Result<void> Simulator::revoke_certificate(std::int64_t certificate_id) {
  return impl_->service->with_state(
      [&](const IssueWorld& world) { return person_revokes(world, certificate_id); });
}

base::Result<void> Simulator::require_approval(std::int64_t account_id, bool required) {
  const std::string body = fmt::format(R"({{"approval_step":{}}})", required);
  TRY_VOID(admin("PUT", fmt::format("/accounts/{}", account_id), body));
  return {};
}

base::Result<void> Simulator::allow_duplicates(std::int64_t order_id, bool allowed) {
  const std::string body = fmt::format(R"({{"allow_duplicates":{}}})", allowed);
  TRY_VOID(admin("PUT", fmt::format("/orders/{}", order_id), body));
  return {};
}

base::Result<std::string> Simulator::admin(std::string_view method, std::string_view path,
                                           std::string_view body) {
  const AdminAnswer answer = answer_admin(*impl_->service, split_path(method, path, body));
  if (answer.status == 200) return answer.body;
  return base::fail(code_of(answer.status),
                    fmt::format("{} /_sim{}: {}", method, path, answer.body));
}

}  // namespace simulator
