// TlsListener: a TLS server that hands each connection to a function, byte by byte: for behaviour
// that no proper server shows. Entry points: TlsListener, TlsConnection.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

// One accepted connection. Reading is for one thread, writing thread-safe; both block.
class TlsConnection {
 public:
  struct Parts;
  explicit TlsConnection(std::unique_ptr<Parts> parts);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // The head of the next request, with its empty line, then as many bytes of the body.
  // Empty if the client closed.
  std::string read_head();
  std::string read_body(std::size_t bytes);
  // False if the client is gone.
  bool write(std::string_view bytes);
  // Each `size` bytes in a TLS record of their own, with a pause in between.
  bool write_in_pieces(std::string_view bytes, std::size_t size, std::chrono::milliseconds pause);
  // Ends the connection at once: no close_notify, a reset where the kernel allows one.
  void cut();
  // Ends it as a proper server does: what was written still arrives.
  void finish();
  bool is_cut() const { return cut_; }
  // Blocks until the client closes or the connection is cut; what arrives is dropped.
  void wait_for_close();

 private:
  bool fill();

  std::unique_ptr<Parts> parts_;
  std::mutex writing_;
  std::string buffered_{};
  std::atomic<bool> cut_{false};
};

// Listens on 127.0.0.1 with a certificate for that address from a CA of its own.
class TlsListener {
 public:
  // `serve` runs on a thread for each connection, and the connection closes when it returns.
  using Serve = std::function<void(TlsConnection&)>;

  explicit TlsListener(Serve serve);
  ~TlsListener();  // stop()
  TlsListener(const TlsListener&) = delete;
  TlsListener& operator=(const TlsListener&) = delete;

  std::string url() const;     // "https://127.0.0.1:<port>"
  std::string ca_pem() const;  // verifies it
  // Cuts all connections and waits for their threads. May be called twice.
  void stop();
  // Cuts all connections that are open now.
  void cut_all();

 private:
  struct Tls;
  void accept_all();
  void serve_one(int fd);

  const Serve serve_;
  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<TlsConnection*> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace support
