// Finds the sockets that cpp-httplib accepted and keeps to itself, by looking through the
// process's own descriptors: 0.11.4 gives a handler the peer's address but not the socket.
// Internal to pkg/http. Thread-safe.
#pragma once

#include <compare>
#include <functional>
#include <string>

namespace http {

struct Peer {
  std::string address{};  // numeric, of the client
  int port = 0;           // of the client
  int local_port = 0;     // of the server
  auto operator<=>(const Peer&) const = default;
};

// kClose: FIN; kReset: RST; after both, what is written goes nowhere. kStopReading: the connection
// reads end-of-file after what already arrived; cpp-httplib then writes nothing more and closes.
enum class Hangup { kClose, kReset, kStopReading };

// Ends the peer's connection. False if there is no such connection. Safe while the caller handles
// a request of that connection: its descriptor cannot be closed and used again meanwhile.
bool hang_up(const Peer& peer, Hangup how);

// kStopReading for every connection that was accepted on `local_port`, except where `is_busy`.
void stop_reading(int local_port, const std::function<bool(const Peer&)>& is_busy);

}  // namespace http
