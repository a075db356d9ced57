// Inquiry: the decision about one request, from what can be read, without an effect.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/plugin_options.h"
#include "kube/kubeconfig.h"
#include "kube/resource.h"
#include "rules/action.h"
#include "rules/observed.h"

namespace plugin {

struct Finding {
  rules::Observed facts{};
  rules::Decision made{};            // a question to the CA if it was not to be asked
  std::vector<std::string> first{};  // what would be done before
  bool needs_ca = false;
  std::vector<std::string> notes{};
};

// `suspended`: as if the request were suspended, so that nothing but its candidates is found.
// kNotFound: there is no such request. Errors of the API server pass through.
base::Result<Finding> inquire(const kube::ObjectKey& key, bool suspended,
                              const kube::Config& config, const cli::PluginOptions& options,
                              const base::Clock& clock, std::stop_token stop);

}  // namespace plugin
