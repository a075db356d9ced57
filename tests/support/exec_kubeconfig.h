// exec_kubeconfig: a kubeconfig as managed clusters give it, whose token a program prints.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "support/control_plane.h"

namespace support {

// Writes exec.kubeconfig for that user of the control plane into `directory` and returns its path.
// The program prints the file credential.json beside it.
std::filesystem::path exec_kubeconfig(const ControlPlane& cluster, std::string_view user,
                                      const std::string& namespace_,
                                      const std::filesystem::path& directory);

}  // namespace support
