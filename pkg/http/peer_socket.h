// Finds the sockets that cpp-httplib accepted and keeps to itself, by looking through the
// process's own descriptors: 0.11.4 gives a handler the peer's address but not the socket.
// Internal to pkg/http. Thread-safe.
#pragma once

#include <string>

namespace http {

struct Peer {
  std::string address{};  // numeric, of the client
  int port = 0;           // of the client
  int local_port = 0;     // of the server
};

// kClose: FIN; kReset: RST; after both, what is written goes nowhere. kStopReading: the answer may
// still be written, and then the connection ends.
enum class Hangup { kClose, kReset, kStopReading };

// Ends the peer's connection. False if
// there is no such connection. Safe while the caller handles a request of that connection: its
// descriptor cannot be closed and used again meanwhile.
bool hang_up(const Peer& peer, Hangup how);

// Lets every connection that was accepted on `local_port` read end-of-file once it has read what
// already arrived, so that idle ones end at once and busy ones after their answer.
void stop_reading(int local_port);

}  // namespace http
