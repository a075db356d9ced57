// Store: the state of the simulator in one SQLite file. Entry point: Store::open.
// Thread-compatible: its owner (Service) lets one thread in at a time. A Transaction is committed
// before any answer is sent, so that a kill -9 loses nothing that a client was told.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulator/journal.h"
#include "simulator/lifecycle.h"
#include "simulator/model.h"
#include "simulator/sqlite.h"

namespace simulator {

class Store {
 public:
  // Makes the tables if absent. kInternal: the file cannot be used.
  static base::Result<Store> open(const std::string& path);

  // Begin, and then commit or roll back: nothing in between is kept without a commit.
  void begin();
  // kInternal if any statement failed since begin; then everything was rolled back.
  base::Result<void> commit();
  void roll_back();

  // Small facts: "seeded", "clock_offset_ms". "" if absent.
  std::string fact(std::string_view name);
  void set_fact(std::string_view name, std::string_view value);
  // The next id of a kind ("order", "certificate", "request", "other"), counting up.
  Id next_id(std::string_view kind);
  void set_next_id(std::string_view kind, Id id);

  void put(const Account& row);
  void put(const Container& row);
  void put(const User& row);
  void put(const ApiKey& row);
  void put(const Organization& row);
  void put(const Domain& row);
  void put(const Product& row);
  void put(const Order& row);
  void put(const Certificate& row);
  void put(const CertRequest& row);
  void put(const Note& row);
  void put(const Call& row);       // id 0: the next
  void put(const Violation& row);  // id 0: the next

  std::vector<Account> accounts();
  std::optional<Account> account(Id id);
  std::vector<Container> containers(Id account_id);  // the first one is the root
  std::vector<User> users(Id account_id);
  std::optional<User> user(Id id);
  std::vector<ApiKey> keys();
  std::optional<ApiKey> key_by_hash(std::string_view sha256);
  std::vector<Organization> organizations(Id account_id);
  std::optional<Organization> organization(Id id);
  std::vector<Domain> domains(Id account_id);
  std::vector<Product> products(Id account_id);
  std::optional<Product> product(Id account_id, std::string_view name_id);

  std::optional<Order> order(Id id);
  // Of an account, ascending by id; with a common name only those that carry it there.
  std::vector<Order> orders(Id account_id, std::string_view common_name = "");
  std::vector<Order> orders_by_alternative_id(Id account_id, std::string_view alternative_id);
  OrderView view(const Order& order);
  // The same without the numbers of duplicates, which take the longer the more there are.
  OrderView view_primaries(const Order& order);
  std::vector<Copy> duplicates(Id order_id);  // oldest first
  // The sub_id of the newest certificate of an order: as many as it has had.
  int last_sub_id(Id order_id);

  std::optional<Certificate> certificate(Id id);
  // By serial number or thumbprint, upper-case hex.
  std::optional<Certificate> certificate_by_print(std::string_view print);
  bool is_csr_used(std::string_view csr);

  std::optional<CertRequest> request(Id id);
  std::vector<CertRequest> requests_of_order(Id order_id);
  std::vector<CertRequest> requests_of_account(Id account_id);
  std::vector<Note> notes(Id order_id);  // newest first

  std::vector<Call> calls(const CallFilter& filter);
  std::map<std::string, std::size_t> effects();  // calls that took effect, by operation
  std::vector<Violation> violations();

 private:
  explicit Store(Database db) : db_(std::move(db)) {}
  void create_tables();
  std::vector<Copy> copies(Id order_id, CertificateKind kind);

  Database db_;
};

}  // namespace simulator
