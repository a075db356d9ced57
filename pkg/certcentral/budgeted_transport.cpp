#include "certcentral/budgeted_transport.h"

#include <optional>

#include "http/retry_after.h"

namespace certcentral {

base::Result<http::Response> BudgetedTransport::send(const http::Request& request,
                                                     std::stop_token stop) {
  TRY_VOID(budget_.acquire(turn_, request.timeout, stop));
  auto answer = inner_.send(request, stop);
  note(answer);
  return answer;
}

base::Result<http::Response> BudgetedTransport::stream(const http::Request& request,
                                                       const http::BodySink& sink,
                                                       std::stop_token stop) {
  TRY_VOID(budget_.acquire(turn_, request.timeout, stop));
  auto answer = inner_.stream(request, sink, stop);
  note(answer);
  return answer;
}

void BudgetedTransport::note(const base::Result<http::Response>& answer) {
  constexpr int kTooManyRequests = 429;
  if (!answer) return;
  if (answer->status != kTooManyRequests) return budget_.note_success();
  const auto header = answer->header("retry-after");
  const auto retry_after = header ? http::parse_retry_after(*header, clock_.now())
                                  : std::optional<std::chrono::seconds>();
  budget_.note_rate_limited(retry_after);
}

}  // namespace certcentral
