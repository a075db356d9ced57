#include "simulator/quote.h"

#include <algorithm>

namespace simulator {

wire::OrderFacts row_facts(const World& world, const Order& order) {
  const auto account = world.store.account(order.account_id).value_or(Account{});
  wire::OrderFacts facts;
  facts.view = world.store.view(order);
  facts.product = find_product(world, account, order.product).value_or(Product{});
  if (order.organization_id != 0)
    facts.organization = world.store.organization(order.organization_id);
  facts.container = container_of(world, order.account_id, order.container_id);
  facts.user = user_of(world, order.user_id);
  return facts;
}

wire::OrderFacts info_facts(const World& world, Exchange& exchange, const Order& order) {
  wire::OrderFacts facts = row_facts(world, order);
  facts.requests = world.store.requests_of_order(order.id);
  facts.notes = world.store.notes(order.id);
  const bool linked = order.renewal_of != 0 || order.renewed_by != 0;
  if (linked) facts.show_links = !world.fires(Fault::kMissingLinks, exchange);
  return facts;
}

User user_of(const World& world, Id id) {
  return world.store.user(id).value_or(User{});
}

std::optional<User> processor_of(const World& world, const CertRequest& request) {
  if (request.processor_id == 0) return std::nullopt;
  return world.store.user(request.processor_id);
}

Container container_of(const World& world, Id account_id, Id id) {
  const auto containers = world.store.containers(account_id);
  const auto found = std::ranges::find(containers, id, &Container::id);
  if (found != containers.end()) return *found;
  return containers.empty() ? Container{} : containers.front();
}

}  // namespace simulator
