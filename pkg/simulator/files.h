// Files of the data directory. Entry points: read_file, write_file.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace simulator {

enum class Mode { kPrivate, kPublic };  // 0600, 0644

bool file_exists(const std::string& path);
// The whole file, at most 16 MiB. kInternal names the path and the system's reason.
base::Result<std::string> read_file(const std::string& path);
// Replaces the file as a whole: whoever reads it sees the old or the new content. The mode holds
// from the first byte. kInternal names the path and the system's reason.
base::Result<void> write_file(const std::string& path, std::string_view content, Mode mode);
// Makes the directory with mode 0700, and those above it. kInternal as above.
base::Result<void> make_directory(const std::string& path);

}  // namespace simulator
