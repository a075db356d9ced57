#include "simulator/store.h"

#include <algorithm>

#include "simulator/table.h"

namespace simulator {
namespace {

using table::select;

template <class Row>
std::optional<Row> first(std::vector<Row> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

const std::string kById = "WHERE id=?";
const std::string kByAccount = "WHERE account_id=? ORDER BY id";
const std::string kByOrder = "WHERE order_id=? ORDER BY id";

}  // namespace

base::Result<Store> Store::open(const std::string& path) {
  Store store(TRY(Database::open(path)));
  store.create_tables();
  if (store.db_.take_failure()) {
    return base::fail(base::Code::kInternal, "open " + path + ": its tables cannot be made");
  }
  return store;
}

void Store::create_tables() {
  db_.run("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  db_.run("CREATE TABLE IF NOT EXISTS ids (kind TEXT PRIMARY KEY, next INTEGER NOT NULL)");
  table::create<Account>(db_);
  table::create<Container>(db_);
  table::create<User>(db_);
  table::create<ApiKey>(db_);
  table::create<Organization>(db_);
  table::create<Domain>(db_);
  table::create<Product>(db_);
  table::create<Order>(db_);
  table::create<Certificate>(db_);
  table::create<CertRequest>(db_);
  table::create<Note>(db_);
  table::create<Call>(db_);
  table::create<Violation>(db_);
  const auto index = [&](const std::string& table, const std::string& columns) {
    const std::string name = table + "_" + columns.substr(0, columns.find(','));
    db_.run("CREATE INDEX IF NOT EXISTS " + name + " ON " + table + "(" + columns + ")");
  };
  index("orders", "common_name");
  index("orders", "alternative_order_id");
  index("certificates", "order_id, kind");
  index("certificates", "serial");
  index("certificates", "thumbprint");
  index("requests", "order_id, type, status");
  index("notes", "order_id");
}

void Store::begin() {
  db_.run("BEGIN");
}

base::Result<void> Store::commit() {
  if (db_.take_failure()) {
    roll_back();
    return base::fail(base::Code::kInternal, "write the state: SQLite failed");
  }
  db_.run("COMMIT");
  if (!db_.take_failure()) return {};
  roll_back();
  return base::fail(base::Code::kInternal, "commit the state: SQLite failed");
}

void Store::roll_back() {
  db_.run("ROLLBACK");
  db_.take_failure();
}

std::string Store::fact(std::string_view name) {
  Statement statement = db_.prepare("SELECT value FROM facts WHERE name=?");
  statement.bind(1, name);
  return statement.step() ? statement.text(0) : "";
}

void Store::set_fact(std::string_view name, std::string_view value) {
  Statement statement = db_.prepare("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)");
  statement.bind(1, name);
  statement.bind(2, value);
  statement.step();
}

Id Store::next_id(std::string_view kind) {
  Id id = 1;
  {
    Statement statement = db_.prepare("SELECT next FROM ids WHERE kind=?");
    statement.bind(1, kind);
    if (statement.step()) id = statement.number(0);
  }
  set_next_id(kind, id + 1);
  return id;
}

void Store::set_next_id(std::string_view kind, Id id) {
  Statement statement = db_.prepare("INSERT OR REPLACE INTO ids (kind, next) VALUES (?, ?)");
  statement.bind(1, kind);
  statement.bind(2, id);
  statement.step();
}

void Store::put(const Account& row) {
  table::put(db_, row);
}
void Store::put(const Container& row) {
  table::put(db_, row);
}
void Store::put(const User& row) {
  table::put(db_, row);
}
void Store::put(const ApiKey& row) {
  table::put(db_, row);
}
void Store::put(const Organization& row) {
  table::put(db_, row);
}
void Store::put(const Domain& row) {
  table::put(db_, row);
}
void Store::put(const Product& row) {
  table::put(db_, row);
}
void Store::put(const Order& row) {
  table::put(db_, row);
}
void Store::put(const Certificate& row) {
  table::put(db_, row);
}
void Store::put(const CertRequest& row) {
  table::put(db_, row);
}
void Store::put(const Note& row) {
  table::put(db_, row);
}

void Store::put(const Call& row) {
  Call numbered = row;
  if (numbered.id == 0) numbered.id = next_id("call");
  table::put(db_, numbered);
}

void Store::put(const Violation& row) {
  Violation numbered = row;
  if (numbered.id == 0) numbered.id = next_id("violation");
  table::put(db_, numbered);
}

std::vector<Account> Store::accounts() {
  return select<Account>(db_, "ORDER BY id");
}
std::optional<Account> Store::account(Id id) {
  return first(select<Account>(db_, kById, id));
}

std::vector<Container> Store::containers(Id account_id) {
  return select<Container>(db_, kByAccount, account_id);
}

std::vector<User> Store::users(Id account_id) {
  return select<User>(db_, kByAccount, account_id);
}
std::optional<User> Store::user(Id id) {
  return first(select<User>(db_, kById, id));
}
std::vector<ApiKey> Store::keys() {
  return select<ApiKey>(db_, "ORDER BY id");
}

std::optional<ApiKey> Store::key_by_hash(std::string_view sha256) {
  return first(select<ApiKey>(db_, "WHERE sha256=?", std::string(sha256)));
}

std::vector<Organization> Store::organizations(Id account_id) {
  return select<Organization>(db_, kByAccount, account_id);
}

std::optional<Organization> Store::organization(Id id) {
  return first(select<Organization>(db_, kById, id));
}

std::vector<Domain> Store::domains(Id account_id) {
  return select<Domain>(db_, kByAccount, account_id);
}

std::vector<Product> Store::products(Id account_id) {
  return select<Product>(db_, "WHERE account_id=? ORDER BY name_id", account_id);
}

std::optional<Product> Store::product(Id account_id, std::string_view name_id) {
  return first(
      select<Product>(db_, "WHERE account_id=? AND name_id=?", account_id, std::string(name_id)));
}

std::optional<Order> Store::order(Id id) {
  return first(select<Order>(db_, kById, id));
}

std::vector<Order> Store::orders(Id account_id, std::string_view common_name) {
  if (common_name.empty()) return select<Order>(db_, kByAccount, account_id);
  return select<Order>(db_, "WHERE account_id=? AND common_name=? ORDER BY id", account_id,
                       std::string(common_name));
}

std::vector<Order> Store::orders_by_alternative_id(Id account_id, std::string_view alternative_id) {
  return select<Order>(db_, "WHERE account_id=? AND alternative_order_id=? ORDER BY id", account_id,
                       std::string(alternative_id));
}

std::vector<Copy> Store::copies(Id order_id, CertificateKind kind) {
  std::vector<Copy> copies;
  for (Certificate& row :
       select<Certificate>(db_, "WHERE order_id=? AND kind=? ORDER BY id", order_id, kind)) {
    const auto found = request(row.request_id);
    copies.push_back({std::move(row), found ? found->status : ""});
  }
  return copies;
}

OrderView Store::view_primaries(const Order& order) {
  return {.order = order, .primaries = copies(order.id, CertificateKind::kPrimary)};
}

OrderView Store::view(const Order& order) {
  OrderView view = view_primaries(order);
  Statement statement = db_.prepare(
      "SELECT status, COUNT(*) FROM requests WHERE order_id=? AND type='duplicate' "
      "GROUP BY status");
  statement.bind(1, order.id);
  while (statement.step()) {
    const std::string status = statement.text(0);
    const auto count = static_cast<std::size_t>(statement.number(1));
    if (status != "rejected") view.duplicates_count += count;
    if (status == "pending" || status == "submitted") view.pending_duplicates += count;
  }
  return view;
}

std::vector<Copy> Store::duplicates(Id order_id) {
  return copies(order_id, CertificateKind::kDuplicate);
}

// From the ends of an index: an order may have thousands of certificates.
int Store::last_sub_id(Id order_id) {
  std::int64_t last = 0;
  for (const auto kind : {CertificateKind::kPrimary, CertificateKind::kDuplicate}) {
    Statement statement = db_.prepare(
        "SELECT sub_id FROM certificates WHERE order_id=? AND kind=? ORDER BY id DESC LIMIT 1");
    statement.bind(1, order_id);
    statement.bind(2, static_cast<std::int64_t>(kind));
    if (statement.step()) last = std::max(last, statement.number(0));
  }
  return static_cast<int>(last);
}

std::optional<Certificate> Store::certificate(Id id) {
  return first(select<Certificate>(db_, kById, id));
}

std::optional<Certificate> Store::certificate_by_print(std::string_view print) {
  const std::string text(print);
  if (text.empty()) return std::nullopt;
  return first(select<Certificate>(db_, "WHERE serial=? OR thumbprint=? ORDER BY id", text, text));
}

bool Store::is_csr_used(std::string_view csr) {
  Statement statement = db_.prepare("SELECT 1 FROM certificates WHERE csr=? LIMIT 1");
  statement.bind(1, csr);
  return statement.step();
}

std::optional<CertRequest> Store::request(Id id) {
  return first(select<CertRequest>(db_, kById, id));
}

std::vector<CertRequest> Store::requests_of_order(Id order_id) {
  return select<CertRequest>(db_, kByOrder, order_id);
}

std::vector<CertRequest> Store::requests_of_account(Id account_id) {
  return select<CertRequest>(db_, kByAccount, account_id);
}

std::vector<Note> Store::notes(Id order_id) {
  return select<Note>(db_, "WHERE order_id=? ORDER BY id DESC", order_id);
}

std::vector<Call> Store::calls(const CallFilter& filter) {
  return select<Call>(db_,
                      "WHERE id>? AND (?='' OR method=?) AND (?='' OR operation=?) AND "
                      "(?='' OR instr(path, ?)>0) ORDER BY id LIMIT ?",
                      filter.after_id, filter.method, filter.method, filter.operation,
                      filter.operation, filter.path, filter.path, filter.limit);
}

std::map<std::string, std::size_t> Store::effects() {
  Statement statement =
      db_.prepare("SELECT operation, COUNT(*) FROM calls WHERE took_effect=1 GROUP BY operation");
  std::map<std::string, std::size_t> counts;
  while (statement.step())
    counts[statement.text(0)] = static_cast<std::size_t>(statement.number(1));
  return counts;
}

std::vector<Violation> Store::violations() {
  return select<Violation>(db_, "ORDER BY id");
}

}  // namespace simulator
