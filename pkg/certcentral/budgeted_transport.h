// BudgetedTransport: an http::Transport that waits for its turn before each exchange with the CA
// and tells the budget what came back. A Client on top of it obeys the budget, page by page,
// without knowing of it.
#pragma once

#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "certcentral/rate_budget.h"
#include "http/transport.h"

namespace certcentral {

// Thread-safe if `inner` is. `inner`, `budget` and `clock` must outlive it. Cheap to make: one for
// each urgency, or one for each pass with its own needed_by.
class BudgetedTransport final : public http::Transport {
 public:
  BudgetedTransport(http::Transport& inner, RateBudget& budget, const base::Clock& clock, Turn turn)
      : inner_(inner), budget_(budget), clock_(clock), turn_(turn) {}

  // As http::Transport; also kExhausted with retry_after (not_sent) if no turn comes within the
  // request's own timeout. A 429 is passed on, and pauses all who share the budget.
  base::Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink& sink,
                                      std::stop_token stop) override;

 private:
  void note(const base::Result<http::Response>& answer);

  http::Transport& inner_;
  RateBudget& budget_;
  const base::Clock& clock_;
  const Turn turn_;
};

}  // namespace certcentral
