// The ServiceAccount of the chart, with its rights and no others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/control_plane.h"

namespace support {

// "system:serviceaccount:<namespace>:duplicert"
std::string chart_user(const std::string& home);

// Makes the account in `home` with the Roles that the chart gives in namespaced mode for `home` and
// `other` (deploy/kustomize/overlays/namespaced, which is rendered from the chart), and writes a
// kubeconfig for it into `file`. Adds a failure to the test if that cannot be done.
void make_chart_account(const ControlPlane& cluster, const std::string& home,
                        const std::string& other, const std::filesystem::path& file);

// Gives that account the same rights in one more namespace.
void give_chart_rights(const ControlPlane& cluster, const std::string& home,
                       const std::string& other);

}  // namespace support
