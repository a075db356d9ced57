// KeyFiller: fills a pool of keys while there is nothing else to do. One thread, of idle priority:
// the kernel runs it only where nobody else wants the processor.
#pragma once

#include <functional>
#include <thread>

#include "x509/key_pool.h"

namespace app {

class KeyFiller {
 public:
  // kNormal: for tests that wait for keys.
  enum class Priority { kIdle, kNormal };

  // Starts the thread. `is_idle` is asked by it before each key. `pool` must outlive this object.
  KeyFiller(x509::KeyPool& pool, std::function<bool()> is_idle,
            Priority priority = Priority::kIdle);
  ~KeyFiller();  // waits for a key that is being made
  KeyFiller(const KeyFiller&) = delete;
  KeyFiller& operator=(const KeyFiller&) = delete;

 private:
  void run(const std::stop_token& stop);

  x509::KeyPool& pool_;
  const std::function<bool()> is_idle_;
  const Priority priority_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace app
