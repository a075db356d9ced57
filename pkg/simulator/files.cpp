#include "simulator/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace simulator {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20U;

std::unexpected<base::Error> failed(std::string_view what, const std::string& path) {
  return base::fail(base::Code::kInternal,
                    fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

base::Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed("read", path);
  std::string content;
  char buffer[4096];
  while (content.size() <= kFileBytesMax) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path);
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
  }
  return base::fail(base::Code::kInternal, fmt::format("read {}: longer than 16 MiB", path));
}

base::Result<void> write_file(const std::string& path, std::string_view content, Mode mode) {
  const std::string draft = path + ".new";
  const mode_t bits = mode == Mode::kPrivate ? 0600 : 0644;
  {
    ::unlink(draft.c_str());
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, bits));
    if (file.get() < 0 || !write_all(file.get(), content)) return failed("write", draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed("write", path);
  return {};
}

base::Result<void> make_directory(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) {
    return base::fail(base::Code::kInternal, fmt::format("make {}: {}", path, error.message()));
  }
  if (made && ::chmod(path.c_str(), 0700) != 0) return failed("make", path);
  return {};
}

}  // namespace simulator
