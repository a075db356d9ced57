#include "support/temp_dir.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace support {

TempDir::TempDir() {
  auto pattern = (std::filesystem::temp_directory_path() / "duplicert-test.XXXXXX").string();
  BASE_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::write(std::string_view name, std::string_view text) const {
  const auto target = file(name);
  std::ofstream(target, std::ios::binary) << text;
  std::filesystem::permissions(
      target, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return target;
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace support
