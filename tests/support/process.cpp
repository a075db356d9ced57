#include "support/process.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <random>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/check.h"
#include "support/temp_dir.h"

namespace support {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kPoll{10};
constexpr int kTimedOut = 124;  // what timeout(1) says

// What a child needs, built before fork(): after it only async-signal-safe calls are allowed,
// because other threads may hold locks of the allocator.
struct Prepared {
  std::vector<std::string> env{};
  std::vector<char*> argv_pointers{};
  std::vector<char*> env_pointers{};
};

Prepared prepare(const Command& command) {
  BASE_CHECK(!command.argv.empty());
  Prepared result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (!command.env.contains(text.substr(0, text.find('=')))) result.env.push_back(text);
  }
  for (const auto& [name, value] : command.env) result.env.push_back(name + "=" + value);
  for (auto& text : result.env) result.env_pointers.push_back(text.data());
  for (const auto& text : command.argv) {
    result.argv_pointers.push_back(const_cast<char*>(text.c_str()));
  }
  result.env_pointers.push_back(nullptr);
  result.argv_pointers.push_back(nullptr);
  return result;
}

struct Streams {
  int in = -1;
  int out = -1;
  int err = -1;
};

[[noreturn]] void become(const Prepared& prepared, const Streams& streams, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(streams.in, STDIN_FILENO);
  dup2(streams.out, STDOUT_FILENO);
  dup2(streams.err, STDERR_FILENO);
  execvpe(prepared.argv_pointers[0], prepared.argv_pointers.data(), prepared.env_pointers.data());
  const char* reason = strerrordesc_np(errno);
  dprintf(STDERR_FILENO, "exec %s: %s\n", prepared.argv_pointers[0], reason);
  _exit(127);
}

pid_t spawn(const Command& command, const Streams& streams) {
  const Prepared prepared = prepare(command);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  BASE_CHECK(pid >= 0);
  if (pid == 0) become(prepared, streams, parent);
  return pid;
}

// The exit code as a shell gives it.
int exit_code_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return 128 + WTERMSIG(wait_status);
  return WEXITSTATUS(wait_status);
}

// Waits until `pid` has ended; nullopt after `timeout`.
std::optional<int> wait_for(pid_t pid, milliseconds timeout) {
  const auto deadline = Steady::now() + timeout;
  while (true) {
    int wait_status = 0;
    if (waitpid(pid, &wait_status, WNOHANG) == pid) return exit_code_of(wait_status);
    if (Steady::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kPoll);
  }
}

int open_file(const std::filesystem::path& file, int flags) {
  const int descriptor = open(file.c_str(), flags | O_CLOEXEC, 0600);
  BASE_CHECK(descriptor >= 0);
  return descriptor;
}

}  // namespace

// Files instead of pipes: no reader thread, and no child that blocks on a full pipe.
CommandResult run(const Command& command) {
  const TempDir dir;
  const Streams streams{
      .in = open_file(dir.write("in", command.input), O_RDONLY),
      .out = open_file(dir.file("out"), O_WRONLY | O_CREAT),
      .err = open_file(dir.file("err"), O_WRONLY | O_CREAT),
  };
  const pid_t pid = spawn(command, streams);
  for (const int descriptor : {streams.in, streams.out, streams.err}) close(descriptor);

  auto exit_code = wait_for(pid, command.timeout_ms);
  if (!exit_code) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return {.exit_code = exit_code.value_or(kTimedOut),
          .out = read_file(dir.file("out")),
          .err = read_file(dir.file("err"))};
}

Process::Process(const Command& command, std::filesystem::path log_file)
    : log_file_(std::move(log_file)) {
  const int log = open_file(log_file_, O_WRONLY | O_CREAT | O_APPEND);
  const int null = open_file("/dev/null", O_RDONLY);
  pid_ = spawn(command, {.in = null, .out = log, .err = log});
  close(log);
  close(null);
}

Process::~Process() {
  terminate();
}

bool Process::running() {
  return !wait(milliseconds{0});
}

void Process::signal(int number) {
  if (running()) kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds timeout) {
  if (!exit_code_) exit_code_ = wait_for(pid_, timeout);
  return exit_code_;
}

int Process::terminate(milliseconds grace) {
  signal(SIGTERM);
  signal(SIGCONT);  // a stopped process would not see it
  if (!wait(grace)) {
    signal(SIGKILL);
    wait(std::chrono::seconds{30});
  }
  return exit_code_.value_or(-1);
}

std::string Process::output() const {
  return read_file(log_file_);
}

bool Process::wait_for_output(const std::string& text, milliseconds timeout) {
  const auto deadline = Steady::now() + timeout;
  while (true) {
    const bool ended = !running();  // before reading: what it wrote last counts
    if (output().find(text) != std::string::npos) return true;
    if (ended || Steady::now() >= deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
}

std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> candidates(20'000, 29'999);
  while (true) {
    const auto port = static_cast<std::uint16_t>(candidates(random));
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BASE_CHECK(descriptor >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    close(descriptor);
    if (bound == 0) return port;
  }
}

}  // namespace support
