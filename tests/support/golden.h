// Golden files: what users and reviewers see, kept as text. Entry point: expect_golden().
// UPDATE_GOLDEN=1 writes the file and then reports the test as skipped, never as passed.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace support {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The first line in which two texts differ, for a message that can be read.
inline std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream old_lines(expected);
  std::istringstream new_lines(actual);
  std::string before;
  std::string after;
  for (int line = 1;; ++line) {
    const bool has_before = static_cast<bool>(std::getline(old_lines, before));
    const bool has_after = static_cast<bool>(std::getline(new_lines, after));
    if (!has_before && !has_after) return "line ends differ";
    if (has_before && has_after && before == after) continue;
    return "line " + std::to_string(line) + "\n  was: " + (has_before ? before : "(nothing)") +
           "\n  is:  " + (has_after ? after : "(nothing)");
  }
}

// Compares `actual` with the file at `path`, relative to the source tree.
inline void expect_golden(const std::string& path, const std::string& actual) {
  const auto file = std::filesystem::path(DUPLICERT_SOURCE_DIR) / path;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << actual;
    GTEST_SKIP() << "wrote " << path;
  }
  const std::string expected = read_text(file);
  EXPECT_TRUE(expected == actual) << path << " is not current, "
                                  << first_difference(expected, actual)
                                  << "\nIf that is meant: hack/update.sh, and review the diff.";
}

}  // namespace support
