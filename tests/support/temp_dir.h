// TempDir: a directory of its own for one test, removed with all it holds when it dies.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace support {

// Made under $TMPDIR or /tmp with mode 0700. Owned by one thread; moves are not needed.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The path of `name` inside, which need not exist.
  std::filesystem::path file(std::string_view name) const { return path_ / name; }
  // Writes `text` to `name` (mode 0600) and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

// All of a file's bytes; empty if it cannot be read.
std::string read_file(const std::filesystem::path& file);

}  // namespace support
