// publish_simulator: makes a simulator usable in the cluster that it runs in. Entry point:
// publish_simulator. For trying only: it writes an API key of the simulator into a Secret.
#pragma once

#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace app {

struct Publication {
  std::string profiles_file{};  // JSON: a list of AutomationProfiles
  std::string url{};            // account.url of the profiles, as seen from the operator
  std::string trust_pem{};      // of that URL: account.caBundle
  std::string root_pem{};       // root of the issued certificates, for those who use them
  base::SecretString api_key{};
};

// Applies to the cluster (kubeconfig or service account, found as `duplicert run` does) each
// profile of the file with account.url and account.caBundle set, and the Secret that it names with
// api-key, ca.pem and root.pem, in the profile's namespace or in our own. Blocks until all of it
// is there (the CRDs may come later than we do) or `stop` is requested: kCancelled.
// kInvalid at once: the file is no such list; no configuration of a cluster.
base::Result<void> publish_simulator(const Publication& publication, const base::Clock& clock,
                                     std::stop_token stop);

}  // namespace app
