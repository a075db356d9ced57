#include "simulator/person.h"

#include <algorithm>

#include <fmt/format.h>

#include "simulator/names.h"
#include "simulator/place.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

std::unexpected<base::Error> absent(std::string_view what, Id id) {
  return base::fail(base::Code::kNotFound, fmt::format("there is no {} {}", what, id));
}

struct OrderCase {
  Order order{};
  Account account{};
  Product product{};
};

base::Result<OrderCase> find(const IssueWorld& world, Id order_id) {
  OrderCase found;
  const auto order = world.store.order(order_id);
  if (!order) return absent("order", order_id);
  found.order = *order;
  found.account = world.store.account(order->account_id).value_or(Account{});
  found.product = world.store.product(order->account_id, order->product).value_or(Product{});
  return found;
}

// Some administrator of the account.
Id person_of(const IssueWorld& world, Id account_id) {
  const auto users = world.store.users(account_id);
  const auto found =
      std::ranges::find_if(users, [](const User& user) { return may_approve(user.role); });
  return found == users.end() ? 0 : found->id;
}

base::Result<Certificate> draft(const Order& order) {
  Certificate row;
  row.csr = TRY(throwaway_csr(order.common_name));
  row.key_bits = 256;
  row.common_name = order.common_name;
  row.dns_names = order.dns_names;
  row.dns_names.insert(row.dns_names.end(), order.free_names.begin(), order.free_names.end());
  row.user_id = order.user_id;
  row.server_platform = 45;
  return row;
}

base::Result<Processing> processing_of(const IssueWorld& world, Id request_id,
                                       const std::string& comment) {
  const auto request = world.store.request(request_id);
  if (!request) return absent("request", request_id);
  return Processing{request_id, person_of(world, request->account_id), comment, {}};
}

// Takes what `asked` leaves out from the order that is renewed.
base::Result<PersonOrder> complete(const IssueWorld& world, PersonOrder asked, Id& account_id) {
  if (asked.renewal_of == 0) {
    const auto organization = world.store.organization(asked.organization_id);
    if (!organization) return absent("organization", asked.organization_id);
    account_id = organization->account_id;
    if (asked.common_name.empty() || asked.product.empty()) {
      return base::fail(base::Code::kInvalid, "an order needs product and common_name");
    }
    return asked;
  }
  const OrderCase old = TRY(find(world, asked.renewal_of));
  account_id = old.order.account_id;
  if (asked.product.empty()) asked.product = old.order.product;
  if (asked.organization_id == 0) asked.organization_id = old.order.organization_id;
  if (asked.common_name.empty()) {
    asked.common_name = old.order.common_name;
    asked.dns_names = old.order.dns_names;
  }
  return asked;
}

}  // namespace

base::Result<Id> person_orders(const IssueWorld& world, const PersonOrder& order) {
  Id account_id = 0;
  const PersonOrder asked = TRY(complete(world, order, account_id));
  const auto product = world.store.product(account_id, asked.product);
  if (!product) {
    return base::fail(base::Code::kNotFound, fmt::format("there is no product {}", asked.product));
  }
  const base::TimePoint end = end_after_days(world.now + asked.order_validity, 1);
  Order row = new_order(*product, join_names(asked.common_name, asked.dns_names), world.now, end);
  row.id = asked.id;
  row.account_id = account_id;
  row.organization_id = asked.organization_id;
  row.user_id = person_of(world, account_id);
  row.renewal_of = asked.renewal_of;
  row.link_shown = asked.linked;
  Submission submission;
  submission.certificate = TRY(draft(row));
  submission.certificate.valid_till = certificate_end(
      world.store.account(account_id).value_or(Account{}), *product, kNever, end, world.now);
  submission.approved = !asked.pending;
  submission.processor_id = asked.pending ? 0 : row.user_id;
  TRY_VOID(place(world, row, submission));
  return row.id;
}

base::Result<void> person_reissues(const IssueWorld& world, Id order_id) {
  const OrderCase found = TRY(find(world, order_id));
  Submission submission;
  submission.type = "reissue";
  submission.certificate = TRY(draft(found.order));
  submission.certificate.is_reissue = true;
  submission.certificate.valid_till =
      certificate_end(found.account, found.product, kNever, found.order.valid_till, world.now);
  submission.approved = true;
  submission.processor_id = person_of(world, found.account.id);
  TRY_VOID(submit(world, found.order, submission));
  return {};
}

base::Result<Id> person_duplicates(const IssueWorld& world, Id order_id, const std::string& csr) {
  const OrderCase found = TRY(find(world, order_id));
  const CsrFacts facts = TRY(read_csr(csr));
  const OrderView view = world.store.view_primaries(found.order);
  const Copy* primary = view.primary(world.now);
  if (primary == nullptr) return absent("certificate of order", order_id);
  Submission submission;
  submission.type = "duplicate";
  submission.certificate = TRY(draft(found.order));
  submission.certificate.kind = CertificateKind::kDuplicate;
  submission.certificate.csr = csr;
  submission.certificate.key_bits = facts.key_bits;
  submission.csr_facts = facts;
  submission.certificate.valid_till = duplicate_end(found.account, found.product, found.order,
                                                    primary->certificate.valid_till, world.now);
  submission.approved = true;
  submission.processor_id = person_of(world, found.account.id);
  const Submitted submitted = TRY(submit(world, found.order, submission));
  return submitted.certificate.id;
}

base::Result<void> person_approves(const IssueWorld& world, Id request_id,
                                   const std::string& comment) {
  return approve(world, TRY(processing_of(world, request_id, comment)));
}

base::Result<void> person_rejects(const IssueWorld& world, Id request_id,
                                  const std::string& comment) {
  return reject(world, TRY(processing_of(world, request_id, comment)));
}

base::Result<void> person_revokes(const IssueWorld& world, Id certificate_id) {
  const auto certificate = world.store.certificate(certificate_id);
  if (!certificate) return absent("certificate", certificate_id);
  revoke(world, *certificate);
  return {};
}

base::Result<void> person_validates(const IssueWorld& world, Id account_id,
                                    const std::string& domain, base::TimePoint expires) {
  if (!world.store.account(account_id)) return absent("account", account_id);
  Domain row;
  row.account_id = account_id;
  row.name = normalise_name(domain);
  row.dcv_expires = expires;
  bool is_known = false;
  // Several organizations may have the domain; validating it is one thing for all of them.
  for (Domain known : world.store.domains(account_id)) {
    if (known.name != row.name) continue;
    is_known = true;
    known.dcv_expires = expires;
    world.store.put(known);
  }
  if (!is_known) {
    row.id = world.store.next_id("domain");
    world.store.put(row);
  }
  TRY_VOID(release_waiting(world, account_id));
  return {};
}

}  // namespace simulator
