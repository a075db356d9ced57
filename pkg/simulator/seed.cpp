#include "simulator/seed.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "simulator/names.h"
#include "simulator/place.h"
#include "simulator/products.h"
#include "simulator/rules.h"
#include "simulator/seed_reader.h"

namespace simulator {
namespace {

// What only the whole seed can tell.
struct Seen {
  std::set<Id> accounts{};
  std::set<Id> users{};
  std::set<Id> containers{};
  std::set<Id> organizations{};
  std::set<Id> orders{};
  std::set<std::string> key_files{};
  Id next = 1;  // ids of rows that have none of their own
};

void take_id(const SeedReader& in, std::set<Id>& ids, Id id) {
  if (id != 0 && !ids.insert(id).second) in.complain("id", fmt::format("{} is used twice", id));
}

Account read_account(const SeedReader& in) {
  Account row;
  row.id = in.required_number("id");
  row.name = in.text("name", "Example account");
  row.approval = static_cast<Approval>(in.word("approval_step", {"skip", "required"}, 0));
  row.duplicates = in.flag("duplicates", true);
  row.duplicate_end =
      static_cast<DuplicateEnd>(in.word("duplicate_validity", {"original", "order"}, 0));
  row.certificate_days_max = static_cast<int>(in.number("certificate_days_max", 199));
  row.requests_per_3_minutes = static_cast<int>(in.number("requests_per_3_minutes", 1000));
  row.requests_per_5_seconds = static_cast<int>(in.number("requests_per_5_seconds", 100));
  row.refuse_second_renewal = in.flag("refuse_second_renewal", false);
  return row;
}

std::vector<Container> read_containers(const SeedReader& in, Id account, Seen& seen) {
  std::vector<Container> rows;
  for (const SeedReader& item : in.items("containers", "name")) {
    item.only({"id", "name"});
    rows.push_back({item.required_number("id"), account, item.text("name", "Container")});
    take_id(item, seen.containers, rows.back().id);
  }
  if (rows.empty()) rows.push_back({account * 10, account, "Root"});
  return rows;
}

Role role_of(const SeedReader& in) {
  constexpr Role kRoles[] = {Role::kAdministrator, Role::kLimited, Role::kFinance, Role::kManager,
                             Role::kStandard};
  return kRoles[in.word("role", {"administrator", "limited", "finance", "manager", "standard"}, 0)];
}

std::vector<User> read_users(const SeedReader& in, Id account, Seen& seen) {
  std::vector<User> rows;
  for (const SeedReader& item : in.items("users", "username")) {
    item.only({"id", "username", "first_name", "last_name", "email", "role", "type", "container"});
    User row;
    row.id = item.required_number("id");
    row.account_id = account;
    row.username = item.required_text("username");
    row.first_name = item.text("first_name", "Example");
    row.last_name = item.text("last_name", row.username);
    row.email = item.text("email", row.username + "@example.com");
    row.type = item.text("type", "standard");
    row.role = role_of(item);
    row.container_id = item.number("container", 0);
    take_id(item, seen.users, row.id);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) in.complain("users", "wanted at least one");
  return rows;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void read_key_text(const SeedReader& in, SeedKey& key) {
  key.key.sha256 = in.text("api_key_sha256");
  key.generate = in.text("api_key") == "generate";
  if (in.has("api_key") && !key.generate) {
    in.complain("api_key", "wanted generate; a key itself has no place in a seed");
  }
  if (key.generate == !key.key.sha256.empty()) {
    in.complain("api_key", "give either api_key: generate or api_key_sha256");
  }
  if (!key.generate && !is_sha256(key.key.sha256)) {
    in.complain("api_key_sha256", "wanted 64 lower-case hexadecimal digits");
  }
}

std::vector<SeedKey> read_keys(const SeedReader& in, Id account, Seen& seen) {
  constexpr Restriction kRestrictions[] = {Restriction::kNone, Restriction::kOrders,
                                           Restriction::kOrdersDomains, Restriction::kView,
                                           Restriction::kUsers};
  std::vector<SeedKey> rows;
  for (const SeedReader& item : in.items("api_keys", "name")) {
    item.only({"name", "user", "api_key", "api_key_sha256", "restriction", "file"});
    SeedKey row;
    row.key.id = seen.next++;
    row.key.account_id = account;
    row.key.name = item.text("name", "operator");
    row.key.user_id = item.required_number("user");
    row.key.restriction = kRestrictions[item.word(
        "restriction", {"none", "orders", "orders_domains_organizations", "view", "users"}, 0)];
    row.file = item.text("file", seen.key_files.empty() ? "api-key" : "api-key-" + row.key.name);
    read_key_text(item, row);
    if (row.file.contains('/')) item.complain("file", "wanted a name without a folder");
    if (!seen.key_files.insert(row.file).second) item.complain("file", "it is used twice");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Organization> read_organizations(const SeedReader& in, const SeedAccount& account,
                                             Seen& seen) {
  std::vector<Organization> rows;
  for (const SeedReader& item : in.items("organizations", "name")) {
    item.only({"id", "name", "status", "address", "zip", "city", "state", "country", "telephone",
               "container", "validation_type", "validated_until"});
    Organization row;
    row.id = item.required_number("id");
    row.account_id = account.account.id;
    row.container_id = item.number("container", account.containers.front().id);
    row.name = item.required_text("name");
    row.status = item.text("status", "active");
    row.address = item.text("address", "1 Example Street");
    row.zip = item.text("zip", "53111");
    row.city = item.text("city", "Bonn");
    row.state = item.text("state", "NRW");
    row.country = item.text("country", "de");
    row.telephone = item.text("telephone", "555-0100");
    row.validation_type = item.text("validation_type", "ov");
    row.validated_until = item.time("validated_until", kNever);
    take_id(item, seen.organizations, row.id);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Domain> read_domains(const SeedReader& in, Id account, Seen& seen) {
  std::vector<Domain> rows;
  for (const SeedReader& item : in.items("domains", "name")) {
    item.only({"name", "organization", "dcv_expires"});
    rows.push_back({seen.next++, account, item.number("organization", 0),
                    normalise_name(item.required_text("name")), item.time("dcv_expires", kNever)});
  }
  return rows;
}

Product read_product(const SeedReader& in, Id account) {
  in.only(
      {"name_id", "name", "duplicates_allowed", "names", "free_names", "validation_type", "type"});
  const std::string name_id = in.required_text("name_id");
  const auto known = known_product(name_id);
  if (!known && !in.has("validation_type")) {
    in.complain("name_id", "it is not known; give validation_type, names and free_names too");
  }
  Product row = known.value_or(Product{});
  row.name_id = name_id;
  row.account_id = account;
  row.name = in.text("name", row.name.empty() ? name_id : row.name);
  row.type = in.text("type", row.type);
  row.group = row.type;
  row.validation_type = in.text("validation_type", row.validation_type);
  row.duplicates_allowed = in.flag("duplicates_allowed", row.duplicates_allowed);
  row.names =
      static_cast<NameRule>(in.word("names", {"equal", "same_names", "subset", "below_wildcard"},
                                    static_cast<std::size_t>(row.names)));
  row.free_names = static_cast<FreeNames>(in.word("free_names", {"none", "tolerated", "refused"},
                                                  static_cast<std::size_t>(row.free_names)));
  return row;
}

std::vector<Product> read_products(const SeedReader& in, Id account) {
  std::vector<Product> rows;
  for (const SeedReader& item : in.items("products", "name_id")) {
    rows.push_back(read_product(item, account));
  }
  if (!rows.empty()) return rows;
  rows = known_products();
  for (Product& row : rows) row.account_id = account;
  return rows;
}

void read_state(const SeedReader& in, SeedOrder& order) {
  switch (in.word("status",
                  {"issued", "pending", "rejected", "reissue_pending", "revoked", "canceled",
                   "waiting_pickup", "needs_csr", "processing"},
                  0)) {
    case 0:
      return;
    case 1:
      order.state = SeedState::kNeedsApproval;
      return;
    case 2:
      order.state = SeedState::kRejected;
      return;
    case 3:
      order.state = SeedState::kReissuePending;
      return;
    case 4:
      order.revoked = true;
      return;
    default:
      order.order.forced_status = in.text("status");
  }
}

void read_duplicates(const SeedReader& in, SeedOrder& order) {
  for (const SeedReader& item : in.items("duplicates", "issued")) {
    item.only({"issued", "revoked"});
    order.duplicates.push_back({item.time("issued", order.issued_at), item.flag("revoked", false)});
  }
}

const Product* find_product(const SeedAccount& account, const std::string& name_id) {
  const auto found = std::ranges::find(account.products, name_id, &Product::name_id);
  return found == account.products.end() ? nullptr : &*found;
}

void read_order_options(const SeedReader& in, const SeedAccount& account, Order& order) {
  order.container_id = in.number("container", account.containers.front().id);
  order.user_id = in.number("user", account.users.empty() ? 0 : account.users.front().id);
  order.allow_duplicates = in.flag("allow_duplicates", order.allow_duplicates);
  order.renewal_of = in.number("renewal_of", 0);
  order.link_shown = in.flag("linked", true);
  order.alternative_order_id = in.text("alternative_order_id");
  order.comments = in.text("comments");
  order.auto_renew = in.flag("auto_renew", false);
  order.auto_reissue = in.flag("auto_reissue", false);
  if (in.has("free_names")) order.free_names = in.texts("free_names");
}

void check_organization(const SeedReader& in, const SeedAccount& account, const Product& product,
                        Order& order) {
  if (product.validation_type == "dv") return;
  order.organization_id = in.required_number("organization");
  const auto found =
      std::ranges::find(account.organizations, order.organization_id, &Organization::id);
  if (found == account.organizations.end()) {
    in.complain("organization", "the account has no such organization");
  }
}

SeedOrder read_order(const SeedReader& in, const SeedAccount& account, Seen& seen) {
  in.only({"id",
           "product",
           "organization",
           "common_name",
           "dns_names",
           "free_names",
           "issued",
           "valid_till",
           "order_valid_till",
           "status",
           "allow_duplicates",
           "renewal_of",
           "linked",
           "alternative_order_id",
           "comments",
           "container",
           "user",
           "auto_renew",
           "auto_reissue",
           "duplicates"});
  SeedOrder result;
  const std::string name_id = in.required_text("product");
  const Product* product = find_product(account, name_id);
  if (product == nullptr) {
    in.complain("product", fmt::format("the account has no product \"{}\"", name_id));
    return result;
  }
  result.issued_at = in.time("issued", in.now());
  const base::TimePoint order_end =
      in.end("order_valid_till", end_after_days(result.issued_at, 365));
  if (order_end <= result.issued_at) in.complain("order_valid_till", "it ends before it begins");
  const Names names = join_names(in.required_text("common_name"), in.texts("dns_names"));
  result.order = new_order(*product, names, result.issued_at, order_end);
  result.order.id = in.number("id", 0);
  result.order.account_id = account.account.id;
  if (in.has("renewal_of") && !seen.orders.contains(in.number("renewal_of", 0))) {
    in.complain("renewal_of", "no order above has this id");
  }
  take_id(in, seen.orders, result.order.id);
  check_organization(in, account, *product, result.order);
  read_order_options(in, account, result.order);
  result.valid_till =
      std::min(order_end, in.end("valid_till", certificate_end(account.account, *product, kNever,
                                                               order_end, result.issued_at)));
  read_state(in, result);
  read_duplicates(in, result);
  return result;
}

void check_users(const SeedReader& in, const SeedAccount& account) {
  for (std::size_t i = 0; i < account.keys.size(); ++i) {
    const Id user = account.keys[i].key.user_id;
    if (std::ranges::find(account.users, user, &User::id) == account.users.end()) {
      in.complain(fmt::format("api_keys[{}].user", i), "the account has no such user");
    }
  }
}

SeedAccount read_account_tree(const SeedReader& in, Seen& seen) {
  in.only({"id", "name", "approval_step", "duplicates", "duplicate_validity",
           "certificate_days_max", "requests_per_3_minutes", "requests_per_5_seconds",
           "refuse_second_renewal", "containers", "users", "api_keys", "organizations", "domains",
           "products", "orders"});
  SeedAccount account;
  account.account = read_account(in);
  take_id(in, seen.accounts, account.account.id);
  const Id id = account.account.id;
  account.containers = read_containers(in, id, seen);
  account.users = read_users(in, id, seen);
  account.keys = read_keys(in, id, seen);
  account.organizations = read_organizations(in, account, seen);
  account.domains = read_domains(in, id, seen);
  account.products = read_products(in, id);
  for (const SeedReader& item : in.items("orders", "common_name")) {
    account.orders.push_back(read_order(item, account, seen));
  }
  check_users(in, account);
  return account;
}

}  // namespace

base::Result<Seed> parse_seed(std::string_view yaml, base::TimePoint now) {
  const SeedReader in = TRY(SeedReader::parse(yaml, now));
  in.only({"next_order_id", "next_certificate_id", "next_request_id", "accounts"});
  Seed seed;
  seed.next_order_id = in.number("next_order_id", seed.next_order_id);
  seed.next_certificate_id = in.number("next_certificate_id", seed.next_certificate_id);
  seed.next_request_id = in.number("next_request_id", seed.next_request_id);
  Seen seen;
  for (const SeedReader& item : in.items("accounts", "name")) {
    seed.accounts.push_back(read_account_tree(item, seen));
  }
  if (seed.accounts.empty()) in.complain("accounts", "wanted at least one");
  TRY_VOID(in.result());
  return seed;
}

}  // namespace simulator
