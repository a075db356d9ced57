#include "kube/client.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/thread_annotations.h"
#include "base/token_bucket.h"
#include "http/curl_transport.h"
#include "http/url.h"
#include "kube/response.h"
#include "kube/rotating_transport.h"
#include "kube/warnings.h"

namespace kube {
namespace {

using base::Code;
using base::Result;
using nlohmann::json;

constexpr std::int64_t kPageSize = 500;  // as client-go's
// After the server should have ended a watch, this much longer until the stream counts as dead.
constexpr std::chrono::seconds kWatchGrace{5};

// How one request is carried out: by send or by stream.
using Exchange = std::function<Result<http::Response>(const http::Request&)>;

// Bodies may hold private keys, headers the token.
void wipe(http::Request& request) {
  base::wipe(request.body);
  for (http::Header& header : request.headers) base::wipe(header.value);
}

Result<void> wait_for(std::chrono::nanoseconds delay, std::stop_token stop) {
  if (delay.count() == 0) return {};
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, delay, [] { return false; });
  if (!stop.stop_requested()) return {};
  return std::unexpected(base::Error{
      .code = Code::kCancelled, .message = "wait for the client's rate limit", .not_sent = true});
}

std::string in_words(const char* verb, const Resource& resource, const std::string& key) {
  return std::string(verb) + " " + resource.plural + (key.empty() ? "" : " " + key);
}

// The items of a page go to the end of `all`; the rest of the page's metadata is dropped.
void append_page(json& all, json& page) {
  json& items = page["items"];
  if (!items.is_array()) return;  // an empty list may be null
  for (json& item : items) all["items"].push_back(std::move(item));
}

}  // namespace

struct Client::Impl {
  const ClientOptions options;
  const std::unique_ptr<http::Transport> transport;
  const std::shared_ptr<TokenSource> tokens;
  const base::Clock& clock;
  base::Mutex bucket_mutex{};
  base::TokenBucket bucket GUARDED_BY(bucket_mutex);
  Warnings warnings{};

  // What a call is about, for errors and metrics.
  struct Subject {
    std::string words{};
    const Resource& resource;
    bool is_watch = false;
  };

  Result<http::Response> attempt(const ApiRequest& request, const Subject& subject,
                                 const base::SecretString& token, const Exchange& exchange,
                                 int retried_after = 0);
  void tell(const CallFacts& what, const Result<http::Response>& response, base::Steady began);
  Result<http::Response> carry_out(const ApiRequest& request, const Subject& subject,
                                   const Exchange& exchange);
  std::chrono::nanoseconds reserve();
  Result<json> call(Result<ApiRequest> request, const Subject& subject,
                    const std::stop_token& stop);
  ManagedFields managed_fields_of(const Resource& resource) const {
    const bool drops = options.drops_managed_fields && options.drops_managed_fields(resource);
    return drops ? ManagedFields::kDrop : ManagedFields::kKeep;
  }
  WriteOptions write_options(View answer = View::kWhole) const {
    return {.field_manager = options.field_manager, .answer = answer};
  }
};

Result<http::Response> Client::Impl::attempt(const ApiRequest& request, const Subject& subject,
                                             const base::SecretString& token,
                                             const Exchange& exchange, int retried_after) {
  http::Request full{.method = request.method,
                     .url = http::join_url(options.server, request.path),
                     .headers = request.headers,
                     .body = request.body,
                     .timeout = options.timeout};
  full.headers.insert(full.headers.end(), options.headers.begin(), options.headers.end());
  if (!token.empty()) {
    full.headers.push_back({"Authorization", "Bearer " + std::string(token.expose())});
  }
  const base::Steady began = clock.steady_now();
  auto response = exchange(full);
  wipe(full);
  tell({.method = request.method,
        .resource = subject.resource,
        .is_watch = subject.is_watch,
        .retried_after = retried_after,
        .request_bytes = request.body.size()},
       response, began);
  if (response) warnings.log_new(*response);
  return response;
}

void Client::Impl::tell(const CallFacts& what, const Result<http::Response>& response,
                        base::Steady began) {
  if (!options.on_request) return;
  CallFacts facts = what;
  facts.took = clock.steady_now() - began;
  if (response) {
    facts.http_status = response->status;
    facts.response_bytes = response->body.size();
    facts.name_lookup = response->name_lookup;
  }
  options.on_request(facts);
}

// On 401 the credentials may have been rotated: a read is tried once more with fresh ones.
Result<http::Response> Client::Impl::carry_out(const ApiRequest& request, const Subject& subject,
                                               const Exchange& exchange) {
  base::SecretString token = TRY(tokens->token());
  const std::uint64_t certificate = tokens->certificate_version();
  if (request.method != "GET" && options.may_write && !options.may_write()) {
    return std::unexpected(base::Error{
        .code = Code::kCancelled, .message = "no write without the lease", .not_sent = true});
  }
  auto response = TRY(attempt(request, subject, token, exchange));
  const bool may_help = response.status == 401 && tokens->drop(token, certificate);
  if (!may_help || request.method != "GET") return response;
  token = TRY(tokens->token());
  return attempt(request, subject, token, exchange, response.status);
}

std::chrono::nanoseconds Client::Impl::reserve() {
  const base::MutexLock lock(bucket_mutex);
  return bucket.reserve(clock.steady_now());
}

Result<json> Client::Impl::call(Result<ApiRequest> request, const Subject& subject,
                                const std::stop_token& stop) {
  auto finish = [&]() -> Result<json> {
    if (!request) return std::unexpected(request.error());
    const std::chrono::nanoseconds delay = reserve();
    if (options.on_wait) options.on_wait(request->method, delay);
    TRY_VOID(wait_for(delay, stop));
    auto response = TRY(carry_out(
        *request, subject, [&](const http::Request& full) { return transport->send(full, stop); }));
    auto object = decode_response(response, request->method, clock.now(),
                                  managed_fields_of(subject.resource));
    base::wipe(response.body);  // it may hold a Secret
    return object;
  };
  auto result = finish();
  if (request) base::wipe(request->body);
  if (!result) return std::unexpected(base::wrap(subject.words, result.error()));
  return result;
}

Client::Client(ClientOptions options, std::unique_ptr<http::Transport> transport,
               std::shared_ptr<TokenSource> tokens, const base::Clock& clock)
    : impl_(new Impl{.options = options,
                     .transport = std::move(transport),
                     .tokens = std::move(tokens),
                     .clock = clock,
                     .bucket = base::TokenBucket({.per_second = options.queries_per_second,
                                                  .burst = static_cast<double>(options.burst)})}) {}

Client::~Client() = default;

Result<json> Client::get(const Resource& resource, const ObjectKey& key, std::stop_token stop,
                         View view) {
  return impl_->call(get_request(resource, key, view),
                     {in_words("get", resource, key.text()), resource}, stop);
}

Result<json> Client::openapi(const Resource& resource, std::stop_token stop) {
  return impl_->call(openapi_request(resource),
                     {"read the schema of " + resource.api_version(), resource}, stop);
}

Result<json> Client::list(const Resource& resource, const std::string& namespace_,
                          const ListOptions& options, std::stop_token stop) {
  return impl_->call(list_request(resource, namespace_, options),
                     {in_words("list", resource, namespace_), resource}, stop);
}

Result<json> Client::list_all(const Resource& resource, const std::string& namespace_,
                              const ListOptions& options, std::stop_token stop) {
  ListOptions page_options = options;
  if (page_options.limit == 0) page_options.limit = kPageSize;
  bool may_restart = true;
  json all = {{"metadata", json::object()}, {"items", json::array()}};
  for (;;) {
    auto page = list(resource, namespace_, page_options, stop);
    if (!page && page.error().code == Code::kExpired && may_restart) {
      may_restart = false;
      page_options = options;
      page_options.limit = 0;
      all["items"].clear();
      continue;
    }
    if (!page) return page;
    append_page(all, *page);
    all["metadata"]["resourceVersion"] = metadata_text(*page, "resourceVersion");
    page_options.continue_token = metadata_text(*page, "continue");
    page_options.resource_version.clear();
    if (page_options.continue_token.empty()) return all;
  }
}

Result<void> Client::watch(const Resource& resource, const std::string& namespace_,
                           const WatchOptions& options, const WatchSink& sink,
                           std::stop_token stop) {
  const Impl::Subject subject{
      .words = in_words("watch", resource, namespace_), .resource = resource, .is_watch = true};
  WatchDecoder decoder(impl_->managed_fields_of(resource));
  const auto stream = [&](const http::Request& full) {
    http::Request endless = full;
    endless.idle_timeout = options.timeout + kWatchGrace;
    auto response = impl_->transport->stream(
        endless, [&](std::string_view bytes) { return decoder.feed(bytes, sink); }, stop);
    wipe(endless);
    return response;
  };
  auto finish = [&]() -> Result<void> {
    const ApiRequest request = TRY(watch_request(resource, namespace_, options));
    const auto response = TRY(impl_->carry_out(request, subject, stream));
    if (response.status >= 200 && response.status <= 299) return {};
    return std::unexpected(error_of(response, request.method, impl_->clock.now()));
  };
  auto result = finish();
  if (!result) return std::unexpected(base::wrap(subject.words, result.error()));
  return result;
}

Result<json> Client::create(const Resource& resource, const std::string& namespace_,
                            const json& object, std::stop_token stop, View answer) {
  const ObjectKey key{.namespace_ = namespace_, .name = metadata_text(object, "name")};
  return impl_->call(create_request(resource, namespace_, object, impl_->write_options(answer)),
                     {in_words("create", resource, key.text()), resource}, stop);
}

Result<json> Client::apply(const Resource& resource, const ObjectKey& key, const json& object,
                           Force force, std::stop_token stop) {
  WriteOptions options = impl_->write_options();
  options.force = force;
  return impl_->call(apply_request(resource, key, object, options),
                     {in_words("apply", resource, key.text()), resource}, stop);
}

Result<json> Client::apply_status(const Resource& resource, const ObjectKey& key,
                                  const json& object, std::stop_token stop) {
  WriteOptions options = impl_->write_options();
  options.force = Force::kYes;
  options.subresource = Subresource::kStatus;
  return impl_->call(apply_request(resource, key, object, options),
                     {in_words("apply status of", resource, key.text()), resource}, stop);
}

Result<json> Client::patch(const Resource& resource, const ObjectKey& key, PatchKind kind,
                           const json& patch, std::stop_token stop, View answer) {
  return impl_->call(patch_request(resource, key, kind, patch, impl_->write_options(answer)),
                     {in_words("patch", resource, key.text()), resource}, stop);
}

Result<json> Client::replace(const Resource& resource, const ObjectKey& key, const json& object,
                             std::stop_token stop) {
  return impl_->call(replace_request(resource, key, object, impl_->write_options()),
                     {in_words("replace", resource, key.text()), resource}, stop);
}

Result<json> Client::replace_status(const Resource& resource, const ObjectKey& key,
                                    const json& object, std::stop_token stop, View answer) {
  WriteOptions options = impl_->write_options(answer);
  options.subresource = Subresource::kStatus;
  return impl_->call(replace_request(resource, key, object, options),
                     {in_words("replace status of", resource, key.text()), resource}, stop);
}

Result<json> Client::remove(const Resource& resource, const ObjectKey& key,
                            const DeleteOptions& options, std::stop_token stop) {
  return impl_->call(delete_request(resource, key, options),
                     {in_words("delete", resource, key.text()), resource}, stop);
}

namespace {

TlsMaterial material_of(const Config& config) {
  const bool is_plain = config.server.starts_with("http://");
  return {.ca_pem = is_plain ? "" : config.ca_pem,
          .certificate_pem = config.client_certificate_pem,
          .key_pem = config.client_key_pem};
}

RotatingTransport::Make maker_for(const Config& config, const std::string& user_agent) {
  const bool is_plain = config.server.starts_with("http://");
  http::CurlTransportOptions options{.server_name = config.tls_server_name,
                                     .insecure = config.insecure || is_plain,
                                     .allow_plain_http = is_plain,
                                     .proxy = config.proxy_url,
                                     .user_agent = user_agent};
  return [options](const TlsMaterial& material) -> Result<std::unique_ptr<http::Transport>> {
    http::CurlTransportOptions with = options;
    with.ca_pem = material.ca_pem;
    with.client_certificate_pem = material.certificate_pem;
    with.client_key_pem = material.key_pem;
    std::unique_ptr<http::Transport> made = TRY(http::CurlTransport::create(std::move(with)));
    return made;
  };
}

std::shared_ptr<TokenSource> tokens_of(const Config& config, const base::Clock& clock) {
  if (config.exec) {
    return std::make_shared<TokenSource>(
        [plugin = *config.exec] { return run_exec_plugin(plugin); }, clock);
  }
  return std::make_shared<TokenSource>(config.token, config.token_file, clock);
}

// The files of a configuration, and the certificate of its exec plugin.
RotatingTransport::Load loader_for(const Config& config, std::shared_ptr<TokenSource> tokens,
                                   Reload reload) {
  return [config, tokens = std::move(tokens), reload = std::move(reload)]() -> Result<TlsMaterial> {
    const Config again = reload ? TRY(reload()) : config;
    TlsMaterial material = material_of(again);
    auto [pem, key_pem] = tokens->certificate();
    if (!pem.empty()) {
      material.certificate_pem = std::move(pem);
      material.key_pem = std::move(key_pem);
    }
    return material;
  };
}

}  // namespace

Result<Connection> open_connection(const Config& config, const std::string& user_agent,
                                   const base::Clock& clock, Reload reload) {
  const auto make = maker_for(config, user_agent);
  auto transport = make(material_of(config));
  if (!transport) {
    return std::unexpected(base::wrap("connect to " + config.server, transport.error()));
  }
  Connection made{.transport = *std::move(transport),
                  .tokens = tokens_of(config, clock),
                  .headers = headers_of(config.impersonate)};
  if (!reload && !config.exec) return made;
  const auto& tokens = made.tokens;
  RotatingTransport::Source source{.load = loader_for(config, tokens, std::move(reload)),
                                   .make = make,
                                   .version = [tokens] { return tokens->certificate_version(); }};
  made.transport = std::make_unique<RotatingTransport>(
      std::move(made.transport), material_of(config), std::move(source), clock);
  return made;
}

Result<std::unique_ptr<Client>> connect(const Config& config, ClientOptions options,
                                        const std::string& user_agent, const base::Clock& clock,
                                        Reload reload) {
  Connection made = TRY(open_connection(config, user_agent, clock, std::move(reload)));
  options.server = config.server;
  options.headers = std::move(made.headers);
  return std::make_unique<Client>(std::move(options), std::move(made.transport),
                                  std::move(made.tokens), clock);
}

}  // namespace kube
