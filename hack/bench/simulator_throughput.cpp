// Duplicates per second that the simulator issues: ECDSA P-256, real HTTPS, state in SQLite. Client
// and server are threads of this process, and the CPU time of each is told apart, so that the
// figure for the simulator holds on a busy machine too. One core: `taskset -c 0
// simulator_throughput`. Usage: simulator_throughput [duplicates] (default 1000). The keys of the
// CSRs are made before the clock starts; each POST uses the connection of the one before.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/curl_transport.h"
#include "simulator/simulator.h"
#include "x509/csr.h"

namespace {

constexpr std::string_view kSeed = R"(
accounts:
  - id: 1
    requests_per_3_minutes: 100000000
    requests_per_5_seconds: 100000000
    users: [{id: 1, username: bench}]
    api_keys: [{name: bench, user: 1, api_key: generate}]
    organizations: [{id: 1, name: Example Ltd}]
    orders: [{id: 12345, product: ssl_basic, organization: 1, common_name: shop.example.com}]
)";

std::string escape_lines(const std::string& pem) {
  std::string text;
  for (const char c : pem) text += c == '\n' ? std::string("\\n") : std::string(1, c);
  return text;
}

base::Result<std::vector<std::string>> make_bodies(std::size_t count) {
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < count; ++i) {
    const auto key = TRY(x509::PrivateKey::generate({}));
    const auto csr = TRY(x509::make_csr(key, {.common_name = "shop.example.com", .dns_names = {}}));
    bodies.push_back(R"({"certificate":{"common_name":"shop.example.com","csr":")" +
                     escape_lines(csr) + R"(","signature_hash":"sha256"},"skip_approval":true})");
  }
  return bodies;
}

struct Taken {
  double seconds = 0;
  double all_cpu = 0;     // seconds of CPU time of client and simulator
  double client_cpu = 0;  // of this thread: the client

  double simulator_cpu() const { return all_cpu - client_cpu; }
};

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Sends every body and tells what this took.
base::Result<Taken> measure(simulator::Simulator& simulator,
                            const std::vector<std::string>& bodies) {
  http::CurlTransportOptions options;
  options.ca_pem = simulator.ca_pem();
  const auto transport = TRY(http::CurlTransport::create(options));
  const base::SecretString key = TRY(simulator.api_key());
  http::Request request;
  request.method = "POST";
  request.url = simulator.base_url() + "/order/certificate/12345/duplicate";
  request.headers = {{"X-DC-DEVKEY", std::string(key.expose())},
                     {"Content-Type", "application/json"}};
  const auto begun = std::chrono::steady_clock::now();
  const double all_begun = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double client_begun = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  for (const std::string& body : bodies) {
    request.body = body;
    const auto response = TRY(transport->send(request, {}));
    if (response.status != 201) return base::fail(base::Code::kCorrupt, response.body);
  }
  Taken taken;
  taken.all_cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all_begun;
  taken.client_cpu = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - client_begun;
  taken.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return taken;
}

base::Result<Taken> run(const std::string& dir, std::size_t count) {
  const base::SystemClock clock;
  simulator::SimulatorOptions options;
  options.data_dir = dir;
  options.seed_yaml = kSeed;
  options.polite = true;
  const auto simulator = TRY(simulator::Simulator::start(options, clock));
  const auto bodies = TRY(make_bodies(count));
  return measure(*simulator, bodies);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
  std::string dir = (std::filesystem::temp_directory_path() / "throughput-XXXXXX").string();
  if (mkdtemp(dir.data()) == nullptr) return 2;
  const auto taken = run(dir, count);
  std::filesystem::remove_all(dir);
  if (!taken) {
    std::fprintf(stderr, "%s\n", taken.error().message.c_str());
    return 1;
  }
  const auto number = static_cast<double>(count);
  std::printf("%zu duplicates in %.2f s: %.0f per second\n", count, taken->seconds,
              number / taken->seconds);
  std::printf("per second of CPU time: %.0f with the client, %.0f of the simulator alone\n",
              number / taken->all_cpu, number / taken->simulator_cpu());
  return 0;
}
