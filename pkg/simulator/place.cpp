#include "simulator/place.h"

#include <fmt/format.h>

#include "simulator/rules.h"

namespace simulator {

Order new_order(const Product& product, const Names& names, base::TimePoint now,
                base::TimePoint valid_till) {
  Order order;
  order.product = product.name_id;
  order.common_name = names.front();
  order.dns_names = names;
  order.free_names = free_names_of(product, names);
  order.created_at = now;
  order.listed_at = now;
  order.valid_from = start_of_day(now);
  order.valid_till = valid_till;
  order.allow_duplicates = product.duplicates_allowed;
  return order;
}

base::Result<Submitted> place(const IssueWorld& world, Order& order, Submission submission) {
  if (order.id == 0) {
    do {
      order.id = world.store.next_id("order");
    } while (world.store.order(order.id));
  } else if (world.store.order(order.id)) {
    return base::fail(base::Code::kAlreadyExists, fmt::format("order {} exists", order.id));
  }
  world.store.put(order);
  if (order.renewal_of != 0 && order.link_shown) {
    if (auto old = world.store.order(order.renewal_of)) {
      old->renewed_by = order.id;
      world.store.put(*old);
    }
  }
  Certificate& draft = submission.certificate;
  draft.kind = CertificateKind::kPrimary;
  draft.common_name = order.common_name;
  draft.dns_names = order.dns_names;
  draft.dns_names.insert(draft.dns_names.end(), order.free_names.begin(), order.free_names.end());
  draft.valid_from = start_of_day(world.now);
  submission.type = "new_request";
  if (submission.comments.empty()) submission.comments = order.comments;
  return submit(world, order, submission);
}

}  // namespace simulator
