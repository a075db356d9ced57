// Admin: the interface under /_sim, for tests and demos: look, move the clock, switch faults, and
// do what a person would do in the web console. Entry point: answer_admin. Thread-safe.
// docs/simulator.md lists the paths and bodies.
#pragma once

#include <map>
#include <string>

namespace simulator {

class Service;

struct AdminRequest {
  std::string method{};
  std::string path{};  // after /_sim: "/journal"
  std::multimap<std::string, std::string> query{};
  std::string body{};  // JSON, or empty
};

struct AdminAnswer {
  int status = 200;  // 400: the body is wrong, 404: no such thing, 409: it was done before
  std::string content_type = "application/json";
  std::string body{};
};

AdminAnswer answer_admin(Service& service, const AdminRequest& request);

}  // namespace simulator
