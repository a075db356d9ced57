// Gather: reads from the cluster, and with --direct from the CA, what the views show. Reads only,
// with the rights of whoever runs it; what may not be read becomes a note.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "cli/plugin_options.h"
#include "kube/client.h"
#include "plugin/views.h"

namespace plugin {

class Gatherer {
 public:
  // Reads the kubeconfig; calls nobody. `options` and `clock` must outlive it.
  static base::Result<Gatherer> create(const cli::PluginOptions& options, const base::Clock& clock);

  // In all functions: kNotFound if a request does not exist, with where to look; errors of the API
  // server pass through.
  base::Result<ListView> list(std::stop_token stop);
  base::Result<StatusView> status(const std::string& name, std::stop_token stop);
  base::Result<OrdersView> orders(std::stop_token stop);
  base::Result<ExplainView> explain(const std::string& name, std::stop_token stop);

  base::Result<api::DuplicateCertificateRequest> request(const std::string& name,
                                                         std::stop_token stop);
  kube::Client& client() { return *client_; }
  const std::string& home() const { return home_; }
  const kube::Config& config() const { return config_; }

 private:
  Gatherer(const cli::PluginOptions& options, const base::Clock& clock)
      : options_(options), clock_(clock) {}
  base::Result<std::vector<api::DuplicateCertificateRequest>> requests(
      const std::string& namespace_, std::stop_token stop);
  base::Result<std::vector<api::DuplicateCertificateRequest>> wanted(std::stop_token stop);
  base::Result<OrdersOf> direct_orders(const api::DuplicateCertificateRequest& request,
                                       std::vector<std::string>& notes, std::stop_token stop);
  void add_copies(StatusView& view, std::stop_token stop);
  void add_entries(StatusView& view, std::stop_token stop);

  const cli::PluginOptions& options_;
  const base::Clock& clock_;
  kube::Config config_{};
  std::string home_{};
  std::unique_ptr<kube::Client> client_{};
};

}  // namespace plugin
