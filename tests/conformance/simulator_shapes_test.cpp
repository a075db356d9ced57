// Holds the simulator's answers against the shapes of the documents (README.md beside this file).
#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "unit/simulator/service_fixture.h"

namespace simulator {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kShapes = fs::path(DUPLICERT_SOURCE_DIR) / "tests" / "conformance" / "shapes";

bool fits_text(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern));
}

bool is_crlf_pem(const std::string& text) {
  if (!text.starts_with("-----BEGIN CERTIFICATE-----\r\n")) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return true;
}

bool is_flag(const json& value) {
  return value.is_boolean() || value == 0 || value == 1 || value == "0" || value == "1";
}

bool fits_word(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "flag") return is_flag(value);
  if (type == "list") return value.is_array();
  if (type == "empty list") return value.is_array() && value.empty();
  if (type == "texts") {
    return value.is_array() && std::ranges::all_of(value, [](const json& item) {
             return item.is_string() && !item.get<std::string>().empty();
           });
  }
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  if (type == "text") return true;
  if (type == "date") return fits_text(text, R"(\d{4}-\d{2}-\d{2})");
  if (type == "timestamp") {
    return fits_text(text, R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00)");
  }
  if (type == "sha1") return fits_text(text, "[0-9A-F]{40}");
  if (type == "serial") return fits_text(text, "[0-9A-F]{32}");
  if (type == "csr") return text.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n");
  if (type == "pem with CR LF") return is_crlf_pem(text);
  ADD_FAILURE() << "the shape has an unknown type " << type;
  return false;
}

void hold(const json& value, const json& shape, const std::string& where);

void hold_fields(const json& value, const json& shape, const std::string& where) {
  ASSERT_TRUE(value.is_object()) << where << " is " << value.dump();
  for (const auto& [name, type] : shape.items()) {
    if (name.starts_with('!')) {
      EXPECT_FALSE(value.contains(name.substr(1))) << where << "." << name.substr(1);
      continue;
    }
    if (!value.contains(name)) {
      ADD_FAILURE() << where << "." << name << " is missing";
      continue;
    }
    hold(value[name], type, where + "." + name);
  }
}

void hold(const json& value, const json& shape, const std::string& where) {
  if (shape.is_object()) return hold_fields(value, shape, where);
  if (shape.is_string()) {
    EXPECT_TRUE(fits_word(value, shape.get<std::string>()))
        << where << " is no " << shape << ": " << value.dump();
    return;
  }
  ASSERT_TRUE(value.is_array() && !value.empty()) << where << " is " << value.dump();
  for (std::size_t i = 0; i < value.size(); ++i) {
    hold(value[i], shape[0], where + "[" + std::to_string(i) + "]");
  }
}

class Shapes : public ServiceTest, public ::testing::WithParamInterface<fs::path> {
 protected:
  // A state in which every shape has something to show.
  void SetUp() override {
    start();
    ASSERT_EQ(duplicate(12345, {"shop.example.com"}).status, 201);
    duplicate_ = duplicates_of(12345).body["certificates"][0]["id"].dump();
    json order = order_body("shop.example.com", 12345);
    order["alternative_order_id"] = "attempt-1";
    order["custom_fields"] = {{{"metadata_id", 12}, {"value", "uid"}}};
    const Reply renewal = call("POST", "order/certificate/ssl_basic", order);
    ASSERT_EQ(renewal.status, 201) << renewal.text;
    renewal_ = renewal.body["id"].dump();
    request_ = renewal.body["requests"][0]["id"].dump();
    call("POST", "order/certificate/" + renewal_ + "/note", {{"text", "a note"}});
    const Reply waiting =
        call("POST", "order/certificate/ssl_basic", order_body("wait.example.com"), "standard");
    ASSERT_EQ(waiting.status, 201) << waiting.text;
    waiting_ = waiting.body["id"].dump();
    pending_ = waiting.body["requests"][0]["id"].dump();
    admin("PUT", "/domains", {{"account_id", 7}, {"name", "example.com"}});
    domain_ = call("GET", "domain").body["domains"][0]["id"].dump();
    const json names = certificate_body({"ev.example.com"});
    ASSERT_EQ(call("POST", "order/certificate/12349/reissue", names).status, 201);
  }

  std::string fill(std::string path) const {
    for (const auto& [name, value] : {std::pair{"{duplicate}", duplicate_},
                                      {"{renewal}", renewal_},
                                      {"{request}", request_},
                                      {"{waiting}", waiting_},
                                      {"{pending}", pending_},
                                      {"{domain}", domain_}}) {
      const auto at = path.find(name);
      if (at != std::string::npos) path.replace(at, std::string(name).size(), value);
    }
    return path;
  }

  json body(const std::string& kind) {
    if (kind == "duplicate") return certificate_body({"shop.example.com"});
    if (kind == "order") return order_body("new.example.com");
    if (kind == "note") return {{"text", "another note"}};
    if (kind == "field") return {{"metadata_id", 13}, {"value", "x"}};
    if (kind == "approve") return {{"status", "approved"}, {"processor_comment", "fine"}};
    if (kind == "skip") return {{"skip_approval", true}};
    if (kind == "ask") return {{"comments", "key lost"}};
    if (kind == "cancel") return {{"status", "canceled"}, {"note", "not needed"}};
    return {};
  }

  std::string duplicate_;
  std::string renewal_;
  std::string request_;
  std::string waiting_;
  std::string pending_;
  std::string domain_;
};

TEST_P(Shapes, AreThoseOfTheDocuments) {
  const json file = json::parse(support::read_file(GetParam()));
  admin("PUT", "/faults", {{"faults", file.value("faults", json::array())}});

  const Reply reply = call(file["method"], fill(file["path"]), body(file.value("body", "")),
                           file.value("key", "admin"));

  EXPECT_EQ(reply.status, file["status"]) << reply.text;
  const json& shape = file["shape"];
  if (shape == "no body") {
    EXPECT_EQ(reply.text, "");
  } else if (shape.is_string()) {
    hold(json(reply.text), shape, "body");
  } else {
    hold(reply.body, shape, "body");
  }
}

std::vector<fs::path> shape_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kShapes)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Documents, Shapes, ::testing::ValuesIn(shape_files()),
                         [](const auto& tested) { return tested.param.stem().string(); });

}  // namespace
}  // namespace simulator
