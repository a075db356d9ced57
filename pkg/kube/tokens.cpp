#include "kube/tokens.h"

#include "kube/exec_plugin.h"

namespace kube {

std::unique_ptr<TokenSource> tokens_for(const Config& config, const base::Clock& clock) {
  if (config.exec) {
    return std::make_unique<TokenSource>(
        [plugin = *config.exec] { return run_exec_plugin(plugin); }, clock);
  }
  return std::make_unique<TokenSource>(config.token, config.token_file, clock);
}

}  // namespace kube
