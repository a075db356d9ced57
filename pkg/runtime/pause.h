// pause: the one way in which threads of the runtime sleep.
#pragma once

#include <chrono>
#include <stop_token>

namespace runtime {

// Sleeps for `duration`, less if `stop` is requested. False if it was requested.
bool pause(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace runtime
