#include "app/key_filler.h"

#include <sched.h>

#include "base/log.h"
#include "runtime/pause.h"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kWhileBusy = 200ms;
constexpr auto kAfterFailure = 60s;

// sched(7), SCHED_IDLE: needs no privilege. Where it is refused the keys are made all the same.
void yield_to_everybody() {
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) {
    base::log_debug("keys are made ahead of time at normal priority", {});
  }
}

}  // namespace

KeyFiller::KeyFiller(x509::KeyPool& pool, std::function<bool()> is_idle, Priority priority)
    : pool_(pool),
      is_idle_(std::move(is_idle)),
      priority_(priority),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

KeyFiller::~KeyFiller() = default;

void KeyFiller::run(const std::stop_token& stop) {
  if (priority_ == Priority::kIdle) yield_to_everybody();
  while (const auto params = pool_.wait_lacking(stop)) {
    if (!is_idle_()) {
      runtime::pause(kWhileBusy, stop);
      continue;
    }
    auto made = x509::PrivateKey::generate(*params);
    if (made) {
      pool_.put(*std::move(made));
    } else {
      base::log_warn("a key could not be made ahead of time", {{"error", made.error().message}});
      runtime::pause(kAfterFailure, stop);
    }
  }
}

}  // namespace app
