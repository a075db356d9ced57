// Client: typed verbs on the API server, over any http::Transport. Entry points: Client and
// connect(). Retries nothing but one 401 of a read (below): retry belongs to the work queue.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "http/transport.h"
#include "kube/credentials.h"
#include "kube/kubeconfig.h"
#include "kube/request.h"
#include "kube/resource.h"
#include "kube/watch_decoder.h"

namespace kube {

// What became of one exchange with the API server, for the metrics of client-go.
struct CallFacts {
  std::string_view method{};  // HTTP method
  const Resource& resource;
  int http_status = 0;    // 0: no answer
  bool is_watch = false;  // its length says nothing about the server
  int retried_after = 0;  // the status that made us try once more; 0: the first try
  std::chrono::nanoseconds took{0};
  std::size_t request_bytes = 0;  // of the bodies
  std::size_t response_bytes = 0;
  // How long the server's name took to resolve, if a new connection was made.
  std::optional<std::chrono::microseconds> name_lookup{};
};

struct ClientOptions {
  std::string server{};                 // "https://host:port", perhaps with a path
  std::vector<http::Header> headers{};  // of every request, besides its own
  std::string field_manager{};          // sent with every write
  std::chrono::milliseconds timeout{std::chrono::seconds{15}};  // of each call but watch
  double queries_per_second =
      0;  // token bucket, watches excepted; 0: the server's fairness decides
  int burst = 10;
  // The kinds whose metadata.managedFields nobody reads: in answers about them the list is empty.
  // Not set: none.
  std::function<bool(const Resource& resource)> drops_managed_fields{};
  // Asked right before each write; false: it is not sent, kCancelled. For a leader that may have
  // lost its lease. Not set: always true.
  std::function<bool()> may_write{};
  // Called after each answer or failure, from the calling thread.
  std::function<void(const CallFacts& facts)> on_request{};
  // Called before each call but watches: how long it waits for queries_per_second.
  std::function<void(std::string_view method, std::chrono::nanoseconds delay)> on_wait{};
};

// Thread-safe. Each call blocks for at most options.timeout (a watch: until the server ends it)
// and returns kCancelled soon after `stop` is requested.
// Errors of all calls: those of response.h by Kubernetes reason; kUnavailable, kCorrupt, kInvalid,
// kCancelled of http::Transport; kUnauthenticated if the token cannot be read.
// On 401 a token from a file is dropped; get, list and watch are then tried once more. Writes are
// never repeated here.
class Client {
 public:
  // `clock` must outlive the client.
  Client(ClientOptions options, std::unique_ptr<http::Transport> transport,
         std::shared_ptr<TokenSource> tokens, const base::Clock& clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  base::Result<nlohmann::json> get(const Resource& resource, const ObjectKey& key,
                                   std::stop_token stop, View view = View::kWhole);

  // What the API server publishes of the kinds of a group and version: OpenAPI 3. `resource` names
  // them. kNotFound if it serves none.
  base::Result<nlohmann::json> openapi(const Resource& resource, std::stop_token stop);

  // One page; `namespace_` "" means all namespaces. metadata.continue in the result tells whether
  // there are more; kExpired if the continue token is too old.
  base::Result<nlohmann::json> list(const Resource& resource, const std::string& namespace_,
                                    const ListOptions& options, std::stop_token stop);

  // All pages in one list object: {"metadata": {"resourceVersion": ...}, "items": [...]}.
  // options.limit is the page size, 0 means 500. If a continue token expires it starts again, once,
  // and without paging.
  base::Result<nlohmann::json> list_all(const Resource& resource, const std::string& namespace_,
                                        const ListOptions& options, std::stop_token stop);

  // Gives each event to `sink` (on the calling thread) until the server ends the stream: success.
  // kExpired if the resource version is too old: list again. kUnavailable if the stream broke or
  // nothing was heard for options.timeout + 5 s.
  base::Result<void> watch(const Resource& resource, const std::string& namespace_,
                           const WatchOptions& options, const WatchSink& sink,
                           std::stop_token stop);

  // Returns the object as stored, or what `answer` says of it. kAlreadyExists, or kNotFound if the
  // namespace or CRD is gone.
  base::Result<nlohmann::json> create(const Resource& resource, const std::string& namespace_,
                                      const nlohmann::json& object, std::stop_token stop,
                                      View answer = View::kWhole);

  // Server-side apply of everything that we want of the object: fields that we applied before and
  // now leave out are removed. kConflict if another manager owns a field and `force` is kNo, or if
  // metadata.uid or resourceVersion in `object` do not fit.
  base::Result<nlohmann::json> apply(const Resource& resource, const ObjectKey& key,
                                     const nlohmann::json& object, Force force,
                                     std::stop_token stop);
  // The same on /status, always with force.
  base::Result<nlohmann::json> apply_status(const Resource& resource, const ObjectKey& key,
                                            const nlohmann::json& object, std::stop_token stop);

  base::Result<nlohmann::json> patch(const Resource& resource, const ObjectKey& key, PatchKind kind,
                                     const nlohmann::json& patch, std::stop_token stop,
                                     View answer = View::kWhole);

  // PUT; kConflict if metadata.resourceVersion (required) is not the current one.
  base::Result<nlohmann::json> replace(const Resource& resource, const ObjectKey& key,
                                       const nlohmann::json& object, std::stop_token stop);
  // The same on /status: of `object` only the status counts, and the preconditions in its metadata.
  base::Result<nlohmann::json> replace_status(const Resource& resource, const ObjectKey& key,
                                              const nlohmann::json& object, std::stop_token stop,
                                              View answer = View::kWhole);

  // The object that was deleted, or a Status. kConflict if a precondition fails, kNotFound.
  base::Result<nlohmann::json> remove(const Resource& resource, const ObjectKey& key,
                                      const DeleteOptions& options, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads the same configuration again.
using Reload = std::function<base::Result<Config>()>;

// What a Client needs to talk to the server of a configuration.
struct Connection {
  std::unique_ptr<http::Transport> transport{};
  std::shared_ptr<TokenSource> tokens{};
  std::vector<http::Header> headers{};  // that say as whom we act
};
// A CurlTransport for `config`, its token, its impersonation. `user_agent`: "name/version
// (os/arch)". kInvalid if certificates or keys do not parse. A new CA or client certificate is used
// for new connections (RotatingTransport): that which `reload`, if given, finds from time to time,
// and that of an exec plugin. `clock` must outlive it.
base::Result<Connection> open_connection(const Config& config, const std::string& user_agent,
                                         const base::Clock& clock, Reload reload = {});

// A Client over such a connection; options.server and .headers are taken from `config`.
base::Result<std::unique_ptr<Client>> connect(const Config& config, ClientOptions options,
                                              const std::string& user_agent,
                                              const base::Clock& clock, Reload reload = {});

}  // namespace kube
