// Simulator: a stand-in for DigiCert CertCentral (Services API v2) over HTTPS.
// Entry point: Simulator::start. It issues real certificates from a root of its own, keeps its
// state in SQLite (a kill -9 loses nothing that was answered), enforces the rules of the service,
// and misbehaves on purpose unless told to be polite. docs/simulator.md is its manual.
// Not for production: whoever reaches its port may use the admin interface under /_sim.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "simulator/journal.h"

namespace simulator {

struct SimulatorOptions {
  // The admin interface has no key: a host that is not a loopback address is refused, unless
  // `allow_remote` is set (a demo in a container).
  std::string host = "127.0.0.1";
  bool allow_remote = false;
  int port = 0;  // 0: any free port
  // Holds sim.db, ca.pem, root.pem, api-key and the private keys (mode 0600). Made if absent.
  std::string data_dir{};
  // Used only when the data directory holds no state yet. Give one of the two, or neither after
  // the first start. Format: seed.h and docs/simulator.md.
  std::string seed_file{};
  std::string seed_yaml{};
  bool polite = false;                // true: every fault starts switched off
  std::vector<std::string> faults{};  // "NAME[:OPERATION]=VALUE", see describe_faults()
  std::uint64_t fault_seed = 1;       // the same seed and calls give the same faults
  // Further names and IP addresses of the TLS certificate; 127.0.0.1, ::1 and localhost are in it.
  std::vector<std::string> tls_names{};
  // An open connection holds a thread, an idle one too: at least as many as clients keep open.
  std::size_t threads = 32;
};

// What a person does in the web console: a new order, or a renewal, placed by hand.
struct PersonOrder {
  std::int64_t renewal_of = 0;  // 0: an order from nothing; else names and product default to its
  std::string product{};
  std::int64_t organization_id = 0;
  std::string common_name{};
  std::vector<std::string> dns_names{};
  std::int64_t id = 0;   // 0: the next free id
  bool linked = true;    // false: the old order does not learn of its renewal
  bool pending = false;  // true: it stays pending until approved
  std::chrono::seconds order_validity{std::chrono::days{365}};
};

// Thread-safe. Its methods below work in process; /_sim offers the same over HTTPS.
class Simulator {
 public:
  // Listens at once. kInvalid: options, seed or faults are wrong (the message names the field);
  // kUnavailable: the address cannot be bound; kInternal: the data directory cannot be used.
  // `clock` must outlive the simulator.
  static base::Result<std::unique_ptr<Simulator>> start(const SimulatorOptions& options,
                                                        const base::Clock& clock);
  ~Simulator();  // stops
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  std::string base_url() const;   // "https://127.0.0.1:12345/services/v2"
  std::string admin_url() const;  // "https://127.0.0.1:12345/_sim"
  std::string ca_pem() const;     // trust for base_url: the TLS root, PEM (also DATA/ca.pem)
  std::string root_pem() const;   // root of the issued certificates (also DATA/root.pem)
  // The key that `api_key: generate` made, by the name of the key; "" gives the first of them.
  // kNotFound if there is none (a seed that gives only hashes).
  base::Result<base::SecretString> api_key(std::string_view name = "") const;
  // Closes the port and waits for running answers. May be called twice.
  void stop();

  // Replaces the switches: first all are polite, then each text in turn; "nasty" stands for the
  // nasty defaults of all.
  // kInvalid names the switch that cannot be read.
  base::Result<void> set_faults(const std::vector<std::string>& faults);
  // Moves the simulator's clock forward; kept in the state. now() = clock + all advances.
  void advance_clock(std::chrono::seconds by);
  base::TimePoint now() const;

  // Calls of /services/v2, oldest first.
  std::vector<Call> journal(const CallFilter& filter = {}) const;
  // How many calls of each operation ("duplicate_create", "order_place", ...) took effect:
  // the work was done, whether or not the answer was sent.
  std::map<std::string, std::size_t> counts() const;
  std::size_t count(std::string_view operation) const;  // the same for one operation
  // Calls that a client of duplicates must never make, and orders bought twice.
  std::vector<Violation> violations() const;

  // A person's doings. They appear neither in the journal nor as violations.
  base::Result<std::int64_t> place_order(const PersonOrder& order);  // gives the order's id
  base::Result<void> reissue_primary(std::int64_t order_id);  // new primary, longest validity
  base::Result<void> approve_request(std::int64_t request_id);
  base::Result<void> reject_request(std::int64_t request_id, std::string_view comment);
  base::Result<void> revoke_certificate(std::int64_t certificate_id);
  base::Result<void> require_approval(std::int64_t account_id, bool required);
  base::Result<void> allow_duplicates(std::int64_t order_id, bool allowed);
  // Everything else of /_sim: `path` is what follows it ("/dump"), `body` its JSON. The answer's
  // body is returned; kNotFound and kInvalid for 404 and 400.
  base::Result<std::string> admin(std::string_view method, std::string_view path,
                                  std::string_view body = "");

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// For --help: one line per switch with its meaning, its default and the polite value.
std::string describe_faults();

}  // namespace simulator
