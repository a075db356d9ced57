// A kubeconfig: read or refused; a plain server gets no token.
#include "kube/kubeconfig.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace {

// A file in memory that has a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(memfd_create("kubeconfig", 0)) {
    if (fd_ < 0 || write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      std::abort();
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  if (text.find("dev/") != std::string_view::npos) return 0;  // files without an end
  const MemoryFile file(text);
  const auto config = kube::load_config({.kubeconfig_flag = file.path()});
  if (config) {
    if (!config->server.starts_with("http")) std::abort();
    if (!config->server.starts_with("https://") && !config->token.empty()) std::abort();
  }
  return 0;
}
