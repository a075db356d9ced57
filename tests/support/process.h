// Child processes of tests: start one, capture what it prints, end it by its pid.
// Entry points: run() for a command that ends, Process for a server.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace support {

struct Command {
  std::vector<std::string> argv{};               // argv[0] is searched on PATH if it has no slash
  std::map<std::string, std::string> env{};      // set on top of this process's environment
  std::string input{};                           // standard input, run() only; Process has none
  std::chrono::milliseconds timeout_ms{60'000};  // run() only: then SIGKILL and exit code 124
};

struct CommandResult {
  int exit_code = -1;  // 128 + signal if a signal ended it, 127 if it could not start, 124: timeout
  std::string out{};
  std::string err{};

  bool ok() const { return exit_code == 0; }
};

// Runs `command` to its end. Blocks. Thread-safe.
CommandResult run(const Command& command);

// A running child with standard output and error in one file. Owned by one thread. The destructor
// ends it, and the kernel does (SIGTERM) when the thread that started it ends, so start servers
// from the test's main thread: a test that crashes leaves nothing behind.
class Process {
 public:
  // Starts `command`; its output is appended to `log_file`. If argv[0] cannot be run, the child
  // ends with 127 and the reason is in the log.
  Process(const Command& command, std::filesystem::path log_file);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // Waits for the end; nullopt if it still runs after `timeout`. Exit codes as in CommandResult.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  // SIGTERM, then SIGKILL after `grace`; returns the exit code. No-op if it has ended.
  int terminate(std::chrono::milliseconds grace = std::chrono::seconds{10});

  // All that it printed so far.
  std::string output() const;
  // Waits until the output holds `text`; false at the end of `timeout` or of the process.
  bool wait_for_output(const std::string& text, std::chrono::milliseconds timeout);
  const std::filesystem::path& log_file() const { return log_file_; }

 private:
  std::filesystem::path log_file_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_{};
};

// A TCP port of 127.0.0.1 that was free just now, between 20000 and 29999: below the ephemeral
// range, so that a client which keeps dialling a stopped server can neither take its port nor
// connect to itself. Prefer port 0 where the server can tell which port it got.
std::uint16_t free_port();

}  // namespace support
