// A campaign after Acto (SOSP '23): every leaf of the specs of both kinds is set to what its schema
// allows and to what it does not: unset, smallest, largest, beyond, unicode, and changed twice.
// A value is refused with a message, or accepted and its effect told in the status; nothing that
// served is deleted; and once the value is taken back everything is as before, by itself.
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "reconcile/resources.h"
#include "support/sieve_world.h"
#include "x509/private_key.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::SieveInFull;

const kube::Resource kCrds{.group = "apiextensions.k8s.io",
                           .version = "v1",
                           .plural = "customresourcedefinitions",
                           .kind = "CustomResourceDefinition",
                           .namespaced = false};

// A leaf of a schema: where it is, as names of fields, and its own schema.
struct Leaf {
  std::vector<std::string> path{};
  json schema{};

  std::string name() const { return fmt::format("{}", fmt::join(path, ".")); }
};

void collect(const json& schema, std::vector<std::string>& path, std::vector<Leaf>& leaves) {
  const bool is_object = schema.contains("properties");
  if (!is_object) {
    leaves.push_back({path, schema});
    return;
  }
  for (const auto& [name, field] : schema["properties"].items()) {
    path.push_back(name);
    collect(field, path, leaves);
    path.pop_back();
  }
}

struct Value {
  std::string title{};
  json value{};
};

// Text that a pattern may or may not allow: both are answers.
std::vector<Value> texts(const json& schema) {
  std::vector<Value> values{{"empty", ""},
                            {"smallest", "a"},
                            {"unicode", "gr\u00fc\u00df-\u4e16"},
                            {"a path", "../../etc"}};
  const auto longest = schema.value("maxLength", std::size_t{300});
  values.push_back({"largest", std::string(longest, 'a')});
  values.push_back({"beyond", std::string(longest + 1, 'a')});
  for (const json& allowed : schema.value("enum", json::array())) {
    values.push_back({"enum " + allowed.dump(), allowed});
  }
  return values;
}

std::vector<Value> numbers(const json& schema) {
  const auto least = schema.value("minimum", std::int64_t{0});
  const auto most = schema.value("maximum", std::int64_t{1} << 53);
  return {{"smallest", least}, {"below", least - 1}, {"largest", most}, {"beyond", most + 1}};
}

std::vector<Value> lists(const json& schema) {
  const json item = schema.value("items", json::object()).value("type", "") == "object"
                        ? json::object()
                        : json("x.example.com");
  json many = json::array();
  const auto most = schema.value("maxItems", std::size_t{100});
  for (std::size_t i = 0; i <= most; ++i) many.push_back(item);
  return {{"empty", json::array()},
          {"smallest", json::array({item})},
          {"twice the same", json::array({item, item})},
          {"beyond", many}};
}

std::vector<Value> values_of(const Leaf& leaf) {
  const std::string type = leaf.schema.value("type", "");
  std::vector<Value> values{{"unset", nullptr}, {"of another type", json::array({json::object()})}};
  std::vector<Value> more;
  if (type == "string") more = texts(leaf.schema);
  if (type == "integer") more = numbers(leaf.schema);
  if (type == "boolean") more = {{"true", true}, {"false", false}};
  if (type == "array") more = lists(leaf.schema);
  if (type == "object") more = {{"empty", json::object()}, {"a map", {{"k", "v"}}}};
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

// {"spec": {"a": {"b": value}}}
json patch_of(const Leaf& leaf, const json& value) {
  json patch = value;
  for (auto at = leaf.path.rbegin(); at != leaf.path.rend(); ++at) {
    json outer;
    outer[*at] = std::move(patch);
    patch = std::move(outer);
  }
  json whole;
  whole["spec"] = std::move(patch);
  return whole;
}

class SieveCampaign : public SieveInFull {
 protected:
  void SetUp() override {
    SieveInFull::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make_request("one", {{"commonName", "shop.example.com"}});
    await([&] { return is_ready("one"); }, "ready before the campaign");
  }

  std::vector<Leaf> leaves_of(const kube::Resource& resource) {
    const auto crd = admin().get(kCrds, {"", resource.plural + "." + resource.group}, {});
    std::vector<Leaf> leaves;
    if (!crd) return leaves;
    std::vector<std::string> path;
    const json& schema = (*crd)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    collect(schema["properties"]["spec"], path, leaves);
    return leaves;
  }

  json object_of(const kube::Resource& resource, const std::string& name) {
    const auto got = admin().get(resource, {home(), name}, {});
    return got ? *got : json();
  }

  // The status tells of the newest spec: Ready, or why not, in words.
  bool is_told(const kube::Resource& resource, const std::string& name) {
    const json object = object_of(resource, name);
    const json ready = condition(object, "Ready");
    if (!ready.is_object()) return false;
    const bool newest =
        ready.value("observedGeneration", 0) == object["metadata"].value("generation", -1);
    const bool explained = ready["status"] == "True" || (!ready.value("reason", "").empty() &&
                                                         !ready.value("message", "").empty());
    return newest && explained;
  }

  void expect_pair(const std::string& secret) {
    const json object = read("secret", secret);
    ASSERT_TRUE(object.is_object()) << secret << " was deleted";
    const auto crt = base::from_base64(object["data"].value("tls.crt", ""));
    const auto key = base::from_base64(object["data"].value("tls.key", ""));
    const auto leaf = x509::Certificate::parse(crt.value_or(""));
    const auto parsed = x509::PrivateKey::parse(key.value_or(""));
    ASSERT_TRUE(leaf && parsed) << secret << " holds no pair any more";
    EXPECT_EQ(leaf->public_key_sha256(), parsed->public_key_sha256());
  }

  // One value: refused in words, or accepted and told.
  void try_value(const kube::Resource& resource, const std::string& name, const Leaf& leaf,
                 const Value& value) {
    SCOPED_TRACE(fmt::format("{} spec.{}: {}", resource.kind, leaf.name(), value.title));
    const auto done = admin().patch(resource, {home(), name}, kube::PatchKind::kMerge,
                                    patch_of(leaf, value.value), {});
    ++tried_;
    if (!done) {
      ++refused_;
      EXPECT_TRUE(done.error().code == base::Code::kInvalid) << done.error().message;
      EXPECT_FALSE(done.error().message.empty());
      return;
    }
    EXPECT_TRUE(support::eventually([&] { return is_told(resource, name); }))
        << object_of(resource, name).dump(1);
    expect_pair("one-tls");
    ASSERT_TRUE(operator_->running()) << operator_->output();
  }

  // Back to the good spec, by replacing the whole of it.
  void take_back(const kube::Resource& resource, const std::string& name, const json& spec) {
    for (int tries = 0; tries < 10; ++tries) {
      json object = object_of(resource, name);
      if (object["spec"] == spec) return;
      object["spec"] = spec;
      if (admin().replace(resource, {home(), name}, object, {})) return;
    }
    FAIL() << "the spec cannot be taken back";
  }

  void run_campaign(const kube::Resource& resource, const std::string& name) {
    const json good = object_of(resource, name)["spec"];
    const auto leaves = leaves_of(resource);
    ASSERT_GT(leaves.size(), 10U);
    std::size_t index = 0;
    for (const Leaf& leaf : leaves) {
      if (!support::all_fault_plans() && ++index % 4 != 0) continue;  // a share
      for (const Value& value : values_of(leaf)) {
        try_value(resource, name, leaf, value);
        if (HasFatalFailure()) return;
      }
      take_back(resource, name, good);
      SCOPED_TRACE("after spec." + leaf.name());
      await(
          [&] {
            const json ready = condition(object_of(resource, name), "Ready");
            return is_told(resource, name) && ready["status"] == "True";
          },
          "ready again after spec." + leaf.name());
      await([&] { return is_ready("one"); }, "the request too");
      expect_pair("one-tls");
      if (HasFailure()) return;
    }
    EXPECT_EQ(ca().count("order_place"), 0U) << "nothing here may cost money";
    EXPECT_GT(refused_, 0);
    EXPECT_LT(refused_, tried_);
    fmt::print("values: {}, refused: {}\n", tried_, refused_);
  }

  int tried_ = 0;
  int refused_ = 0;
};

TEST_F(SieveCampaign, EveryLeafOfARequest) {
  run_campaign(reconcile::kRequests, "one");
}

TEST_F(SieveCampaign, EveryLeafOfAProfile) {
  run_campaign(reconcile::kProfiles, "basic");
}

}  // namespace
