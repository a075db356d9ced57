#include "app/commands.h"

#include <csignal>
#include <cstdio>
#include <thread>

#include "app/app.h"
#include "app/heap.h"
#include "app/private_memory.h"
#include "app/publish.h"
#include "base/log.h"
#include "http/curl_transport.h"
#include "plan/command.h"
#include "simulator/simulator.h"

namespace app {
namespace {

// Turns SIGTERM and SIGINT into a stop request; a second one ends the process at once.
// Blocks both signals in this thread and all that it starts: make it before any other thread.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::jthread([this](const std::stop_token& stop) { wait(stop); });
  }

  std::stop_token token() const { return source_.get_token(); }

 private:
  void wait(const std::stop_token& stop) {
    const timespec pause{.tv_sec = 0, .tv_nsec = 200'000'000};
    while (!stop.stop_requested()) {
      const int signal = sigtimedwait(&set_, nullptr, &pause);
      if (signal <= 0) continue;
      if (source_.stop_requested()) std::_Exit(128 + signal);
      base::log_info("signal received; send it again to end at once", {{"signal", signal}});
      source_.request_stop();
    }
  }

  sigset_t set_{};
  std::stop_source source_;
  std::jthread thread_;
};

int fail_with(const base::Error& error) {
  std::fprintf(stderr, "duplicert: %s\n", error.message.c_str());
  return error.code == base::Code::kInvalid ? 2 : 1;
}

int run(const cli::RunOptions& options) {
  keep_heap_small();
  base::init_log(options.log.format, options.log.level);
  const Signals signals;
  auto app = App::create(options);
  if (!app) return fail_with(app.error());
  const auto ended = (*app)->run(signals.token());
  return ended ? 0 : fail_with(ended.error());
}

base::Result<void> publish(const cli::SimulateOptions& options,
                           const simulator::Simulator& simulator, const base::Clock& clock,
                           const std::stop_token& stop) {
  base::SecretString api_key = TRY(simulator.api_key());
  return publish_simulator({.profiles_file = options.publish_file,
                            .url = options.publish_url,
                            .trust_pem = simulator.ca_pem(),
                            .root_pem = simulator.root_pem(),
                            .api_key = std::move(api_key)},
                           clock, stop);
}

int simulate(const cli::SimulateOptions& options) {
  base::init_log(options.log.format, options.log.level);
  const Signals signals;
  const base::SystemClock clock;
  const auto simulator = simulator::Simulator::start({.host = options.listen.host,
                                                      .allow_remote = options.allow_remote,
                                                      .port = options.listen.port,
                                                      .data_dir = options.data_dir,
                                                      .seed_file = options.seed_file,
                                                      .polite = options.polite,
                                                      .faults = options.faults,
                                                      .fault_seed = options.fault_seed,
                                                      .tls_names = options.tls_names},
                                                     clock);
  if (!simulator) return fail_with(simulator.error());
  // One line on standard output for scripts; everything else is log.
  std::printf("%s\n", (*simulator)->base_url().c_str());
  std::fflush(stdout);
  base::log_info("simulator is ready",
                 {{"url", (*simulator)->base_url()}, {"trust", options.data_dir + "/ca.pem"}});
  const std::stop_token stop = signals.token();
  if (!options.publish_file.empty()) {
    const auto published = publish(options, **simulator, clock, stop);
    if (!published && !stop.stop_requested()) return fail_with(published.error());
  }
  base::Mutex mutex;
  base::ConditionVariable waiting;
  while (!stop.stop_requested()) {
    const base::MutexLock lock(mutex);
    waiting.wait_for(mutex, stop, std::chrono::hours{1}, [] { return false; });
  }
  return 0;
}

int probe(const cli::ProbeOptions& options) {
  base::init_log(base::LogFormat::kText, base::LogLevel::kError);
  auto transport = http::CurlTransport::create({.allow_plain_http = true});
  if (!transport) return fail_with(transport.error());
  const auto answer =
      (*transport)->send({.url = options.url, .timeout = std::chrono::seconds{10}}, {});
  if (!answer) return fail_with(answer.error());
  std::printf("%s\n", answer->body.c_str());
  return answer->status / 100 == 2 ? 0 : 1;
}

int print_version() {
  std::printf("duplicert %s\n", cli::version().c_str());
  return 0;
}

int finish(const cli::Finish& finish) {
  std::fputs(finish.output.c_str(), finish.exit_code == 0 ? stdout : stderr);
  return finish.exit_code;
}

}  // namespace

int execute(int argc, const char* const* argv) {
  keep_memory_private();
  const cli::Command command = cli::parse(argc, argv, simulator::describe_faults());
  if (const auto* options = std::get_if<cli::RunOptions>(&command)) return run(*options);
  if (const auto* options = std::get_if<cli::SimulateOptions>(&command)) return simulate(*options);
  if (const auto* options = std::get_if<cli::PlanOptions>(&command)) {
    return plan::execute_plan(*options, "duplicert plan");
  }
  if (const auto* options = std::get_if<cli::ProbeOptions>(&command)) return probe(*options);
  if (const auto* done = std::get_if<cli::Finish>(&command)) return finish(*done);
  return print_version();
}

}  // namespace app
