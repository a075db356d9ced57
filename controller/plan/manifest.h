// Manifests: YAML or JSON files as objects, each with the place that it came from.
// Entry points: read_manifests, parse_manifests. What is wrong with a file is told with its line.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace plan {

// One object of a file.
struct Manifest {
  std::string place{};  // "team-a/shop.yaml", or "team-a/shop.yaml, document 2" of several
  nlohmann::json object{};
};

// The objects in `text`, documents separated by "---"; a List gives its items. Pure.
// kInvalid "file:line:column: what is wrong"; aliases may make a document at most 100,000 values.
base::Result<std::vector<Manifest>> parse_manifests(const std::string& text,
                                                    const std::string& file);

// The objects of all files. A directory stands for the .yaml, .yml and .json files in it and below
// it, in the order of their names; "-" for `input`. kInvalid as above, or if a path cannot be read,
// a directory holds no such file, or a file is larger than 4 MiB.
base::Result<std::vector<Manifest>> read_manifests(const std::vector<std::string>& paths,
                                                   std::istream& input);

}  // namespace plan
