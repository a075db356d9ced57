// Where the token of a connection comes from. Entry point: tokens_for.
#pragma once

#include <memory>

#include "base/clock.h"
#include "kube/credentials.h"
#include "kube/kubeconfig.h"

namespace kube {

// The token that belongs to `config`: its text, its file's, or what its exec plugin prints; none if
// it has none of these. Blocks for nothing: the source reads at its first use. `clock` must outlive
// it.
std::unique_ptr<TokenSource> tokens_for(const Config& config, const base::Clock& clock);

}  // namespace kube
