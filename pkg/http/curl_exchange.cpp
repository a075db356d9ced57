#include "http/curl_exchange.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace http {
namespace {

using base::Code;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kHeaderBytesMax = std::size_t{256} << 10U;
constexpr long kIdleConnectionSeconds = 60;  // the API server closes idle connections after 90 s
// For calls that must not be repeated: servers keep idle connections for 5 s and longer.
constexpr long kWarmConnectionSeconds = 2;
// A peer that vanished is noticed within 45 s: after 20 + 4 * 5 s of silence, or 40 s of
// unacknowledged data. Linux lets the second limit overrule the count of the first (tcp(7)), so
// they are the same.
constexpr long kKeepIdleSeconds = 20;
constexpr long kKeepIntervalSeconds = 5;
constexpr int kKeepCount = 4;
constexpr unsigned kUnacknowledgedMillisecondsMax = 40'000;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
  });
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

// Header lines may hold credentials.
void wipe_and_free(curl_slist* list) {
  for (curl_slist* item = list; item != nullptr; item = item->next) {
    explicit_bzero(item->data, std::strlen(item->data));
  }
  curl_slist_free_all(list);
}

int on_socket(void*, curl_socket_t fd, curlsocktype) {
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepCount, sizeof kKeepCount);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMillisecondsMax,
             sizeof kUnacknowledgedMillisecondsMax);
  return CURL_SOCKOPT_OK;
}

bool is_our_fault(CURLcode code) {
  return code == CURLE_OUT_OF_MEMORY || code == CURLE_BAD_FUNCTION_ARGUMENT ||
         code == CURLE_FAILED_INIT || code == CURLE_UNKNOWN_OPTION || code == CURLE_NOT_BUILT_IN;
}

bool is_bad_url(CURLcode code) {
  return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

std::string with_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

struct CurlExchange::Callbacks {
  static CurlExchange& of(void* user) { return *static_cast<CurlExchange*>(user); }
  static std::size_t header(char* bytes, std::size_t size, std::size_t count, void* user) {
    return of(user).on_header({bytes, size * count});
  }
  static std::size_t body(char* bytes, std::size_t size, std::size_t count, void* user) {
    return of(user).on_body({bytes, size * count});
  }
  static int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return of(user).on_progress();
  }
  static int request(void* user, char*, char*, int, int) { return of(user).on_request(); }
  static CURLcode tls_context(CURL*, void* context, void* user) {
    const bool done = of(user).on_tls_context(static_cast<SSL_CTX*>(context)) == 0;
    return done ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
  }
};

CurlExchange::CurlExchange(void* handle, const CurlSettings& settings, const Request& request,
                           const BodySink* sink, std::stop_token stop)
    : handle_(handle),
      settings_(settings),
      request_(request),
      sink_(sink),
      stop_(std::move(stop)),
      error_text_(CURL_ERROR_SIZE, '\0') {}

CurlExchange::~CurlExchange() {
  curl_easy_reset(handle_);  // it holds pointers into this exchange
  wipe_and_free(headers_);
  curl_slist_free_all(connect_to_);
}

template <class Value>
void CurlExchange::set(int option, Value value) {
  const auto code = curl_easy_setopt(handle_, static_cast<CURLoption>(option), value);
  if (code != CURLE_OK) bad_option_ = true;
}

Result<Response> CurlExchange::run() {
  if (stop_.stop_requested()) {
    return std::unexpected(
        base::Error{.code = Code::kCancelled, .message = "http: stopped", .not_sent = true});
  }
  if (auto prepared = prepare(); !prepared) {
    prepared.error().not_sent = true;
    return std::unexpected(prepared.error());
  }
  last_byte_at_ = steady_clock::now();
  const CURLcode code = curl_easy_perform(handle_);
  if (code != CURLE_OK) return std::unexpected(error_of(code));
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  note_name_lookup();
  return std::move(response_);
}

void CurlExchange::note_name_lookup() {
  long connects = 0;
  curl_off_t lookup_us = 0;
  curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(handle_, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
  if (connects > 0) response_.name_lookup = std::chrono::microseconds{lookup_us};
}

Result<void> CurlExchange::prepare() {
  url_ = TRY(split_url(request_.url));
  if (!is_token(request_.method)) return base::fail(Code::kInvalid, "http: bad method");
  TRY_VOID(set_headers());
  set_address();
  set_method_and_body();
  set_limits();
  set_tls();
  set_callbacks();
  if (bad_option_) return base::fail(Code::kInternal, what() + ": libcurl refused an option");
  return {};
}

Result<void> CurlExchange::set_headers() {
  bool has_type = false;
  std::vector<std::string> lines = {"Expect:"};  // no waiting for "100 Continue"
  for (const Header& header : request_.headers) {
    if (!is_token(header.name) || !is_header_value(header.value)) {
      return base::fail(Code::kInvalid, what() + ": bad header '" + header.name + "'");
    }
    has_type = has_type || strcasecmp(header.name.c_str(), "Content-Type") == 0;
    lines.push_back(header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  if (!has_type) lines.emplace_back("Content-Type:");  // libcurl would send a form's
  if (!settings_.options.server_name.empty()) {
    lines.push_back("Host: " + url_.origin().substr(url_.scheme.size() + 3));
  }
  for (std::string& line : lines) {
    headers_ = curl_slist_append(headers_, line.c_str());
    base::wipe(line);
  }
  set(CURLOPT_HTTPHEADER, headers_);
  return {};
}

// With a server name of its own the URL carries that name, for SNI and verification, and
// CONNECT_TO the host to connect to.
void CurlExchange::set_address() {
  const CurlTransportOptions& options = settings_.options;
  if (options.server_name.empty()) {
    set(CURLOPT_URL, request_.url.c_str());
  } else {
    Url named = url_;
    named.host = options.server_name;
    const std::string url = named.origin() + url_.path;
    const std::string target = "::" + with_brackets(url_.host) + ":" + std::to_string(url_.port);
    connect_to_ = curl_slist_append(nullptr, target.c_str());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_CONNECT_TO, connect_to_);
  }
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, options.allow_plain_http ? "https,http" : "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  if (!options.proxy.empty() || is_loopback(url_.host)) set(CURLOPT_PROXY, options.proxy.c_str());
  if (!options.no_proxy.empty()) set(CURLOPT_NOPROXY, options.no_proxy.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
}

void CurlExchange::set_method_and_body() {
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  const bool is_get = request_.method == "GET" && request_.body.empty();
  if (!is_get) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());  // not copied
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

void CurlExchange::set_limits() {
  const bool http2 = settings_.options.http2 && !request_.once;
  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  const bool fresh = request_.once && !request_.may_be_warm;
  set(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  set(CURLOPT_FORBID_REUSE, fresh ? 1L : 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  const auto connect_ms = settings_.options.connect_timeout.count();
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<milliseconds::rep>(connect_ms, 1)));
  if (sink_ == nullptr) {
    const auto total_ms = std::max<milliseconds::rep>(request_.timeout.count(), 1);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(total_ms));  // 0 would mean none
  }
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, kKeepIdleSeconds);
  set(CURLOPT_TCP_KEEPINTVL, kKeepIntervalSeconds);
  set(CURLOPT_MAXAGE_CONN, request_.once ? kWarmConnectionSeconds : kIdleConnectionSeconds);
}

// Roots and client certificate come from on_tls_context, parsed once; libcurl's own roots are
// switched off, because it would add the system's to ours.
void CurlExchange::set_tls() {
  const bool verify = settings_.trust.has_value();
  const char* const none = nullptr;
  set(CURLOPT_CAINFO, none);
  set(CURLOPT_CAPATH, none);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  set(CURLOPT_SSL_CTX_FUNCTION, &Callbacks::tls_context);
  set(CURLOPT_SSL_CTX_DATA, this);
}

void CurlExchange::set_callbacks() {
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_HEADERFUNCTION, &Callbacks::header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Callbacks::body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Callbacks::progress);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_PREREQFUNCTION, &Callbacks::request);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
}

std::string CurlExchange::what() const {
  return request_.method + " " + url_.origin() + url_.path.substr(0, url_.path.find('?'));
}

std::string CurlExchange::verified_name() const {
  const std::string& name = settings_.options.server_name;
  std::string host = name.empty() ? url_.host : name;
  if (host.ends_with('.')) host.pop_back();
  return host;
}

base::Error CurlExchange::error_of(int curl_code) const {
  base::Error error;
  if (own_error_) {
    error = *own_error_;
  } else {
    const auto code = static_cast<CURLcode>(curl_code);
    const std::string detail = error_text_.substr(0, error_text_.find('\0'));
    error.code = is_bad_url(code)     ? Code::kInvalid
                 : is_our_fault(code) ? Code::kInternal
                                      : Code::kUnavailable;
    error.message = what() + ": " + (detail.empty() ? curl_easy_strerror(code) : detail);
  }
  error.not_sent = !request_begun_;
  return error;
}

bool CurlExchange::streams() const {
  return sink_ != nullptr && response_.status >= 200 && response_.status <= 299;
}

std::size_t CurlExchange::on_header(std::string_view line) {
  last_byte_at_ = steady_clock::now();
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderBytesMax) {
    own_error_ = base::Error{.code = Code::kCorrupt, .message = what() + ": headers too long"};
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // of each answer; only the last one counts
    response_.headers.clear();
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return line.size();
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();  // the empty line at the end
  std::string_view value = line.substr(colon + 1);
  const auto first = std::min(value.find_first_not_of(" \t"), value.size());
  value.remove_prefix(first);
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  response_.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return line.size();
}

std::size_t CurlExchange::on_body(std::string_view bytes) {
  last_byte_at_ = steady_clock::now();
  Result<void> taken;
  if (!streams()) {
    if (bytes.size() > request_.response_bytes_max - response_.body.size()) {
      taken =
          base::fail(Code::kCorrupt, what() + ": the answer is longer than " +
                                         std::to_string(request_.response_bytes_max) + " bytes");
    } else {
      response_.body.append(bytes);
    }
  } else {
    try {
      taken = (*sink_)(bytes);
    } catch (const std::exception& error) {  // must not pass through libcurl's C frames
      taken = base::fail(Code::kInternal, what() + ": sink failed: " + error.what());
    }
  }
  if (taken) return bytes.size();
  own_error_ = taken.error();
  return bytes.empty() ? 1 : 0;
}

// Called about once a second at least.
int CurlExchange::on_progress() {
  if (stop_.stop_requested()) {
    own_error_ = base::Error{.code = Code::kCancelled, .message = what() + ": stopped"};
    return 1;
  }
  if (sink_ != nullptr && steady_clock::now() - last_byte_at_ > request_.idle_timeout) {
    own_error_ = base::Error{.code = Code::kUnavailable,
                             .message = what() + ": nothing received for " +
                                        std::to_string(request_.idle_timeout.count()) + " ms"};
    return 1;
  }
  return 0;
}

// Called when the connection stands and before the first byte of the request: also before the
// repetition that libcurl makes by itself on a warm connection, which is refused here for `once`;
// a fresh connection should never lead to one (guarded by:
// CurlTransport.SendsAOncePostExactlyOnce).
int CurlExchange::on_request() {
  if (stop_.stop_requested()) {
    own_error_ = base::Error{.code = Code::kCancelled, .message = what() + ": stopped"};
    return CURL_PREREQFUNC_ABORT;
  }
  if (request_begun_ && request_.once) {
    own_error_ = base::Error{.code = Code::kUnavailable,
                             .message = what() + ": the connection closed without an answer"};
    return CURL_PREREQFUNC_ABORT;
  }
  request_begun_ = true;
  return CURL_PREREQFUNC_OK;
}

// The name is verified by OpenSSL in the handshake, by subject alternative names only. libcurl
// compares it again afterwards, but would accept a common name.
int CurlExchange::on_tls_context(SSL_CTX* context) {
  if (settings_.identity && !settings_.identity->install(context)) return 1;
  if (!settings_.trust) return 0;
  settings_.trust->install(context);
  const std::string name = verified_name();
  X509_VERIFY_PARAM* const wanted = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int done = is_ip_address(name)
                       ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str())
                       : X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size());
  return done == 1 ? 0 : 1;
}

}  // namespace http
