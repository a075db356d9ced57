#include "kube/kubeconfig.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using base::Code;
using kube::Config;
using testing::HasSubstr;

class Kubeconfig : public testing::Test {
 protected:
  Kubeconfig() : dir_(fs::path(testing::TempDir()) / ("duplicert_kc_" + std::to_string(getpid()))) {
    fs::create_directories(dir_);
  }
  ~Kubeconfig() override { fs::remove_all(dir_); }

  std::string write(const std::string& name, const std::string& text) {
    const fs::path path = dir_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  kube::ConfigSource source() {
    return {.env = [this](const std::string& name) -> std::optional<std::string> {
              const auto found = env_.find(name);
              if (found == env_.end()) return std::nullopt;
              return found->second;
            },
            .home = (dir_ / "home").string(),
            .service_account_dir = (dir_ / "sa").string()};
  }

  base::Result<Config> load_flag(const std::string& path, const std::string& context = "") {
    auto from = source();
    from.kubeconfig_flag = path;
    from.context = context;
    return kube::load_config(from);
  }

  void expect_invalid(const std::string& text, const std::string& words) {
    const auto config = load_flag(write("bad", text));
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().code, Code::kInvalid);
    EXPECT_THAT(config.error().message, HasSubstr(words));
    EXPECT_THAT(config.error().message, HasSubstr((dir_ / "bad").string()));
    EXPECT_THAT(config.error().message, testing::Not(HasSubstr("s3cret")));
  }

  fs::path dir_;
  std::map<std::string, std::string> env_{};
};

// A kubeconfig with one cluster, user and context, all called `name`.
std::string one(const std::string& name, const std::string& cluster, const std::string& user,
                const std::string& current) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: " + current +
         "\nclusters:\n- name: " + name + "\n  cluster: {" + cluster +
         "}\nusers:\n- name: " + name + "\n  user: {" + user + "}\ncontexts:\n- name: " + name +
         "\n  context: {cluster: " + name + ", user: " + name + ", namespace: ns-" + name + "}\n";
}

TEST_F(Kubeconfig, ReadsInlineCredentials) {
  const auto config = load_flag(write("c", one("a",
                                               "server: 'https://h:6443', tls-server-name: api, "
                                               "certificate-authority-data: Q0E=, "
                                               "proxy-url: 'http://p:1'",
                                               "client-certificate-data: Q0VSVA==, "
                                               "client-key-data: S0VZ, token: t",
                                               "a")));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://h:6443");
  EXPECT_EQ(config->ca_pem, "CA");
  EXPECT_EQ(config->client_certificate_pem, "CERT");
  EXPECT_EQ(config->client_key_pem.expose(), "KEY");
  EXPECT_EQ(config->token.expose(), "t");
  EXPECT_EQ(config->tls_server_name, "api");
  EXPECT_EQ(config->proxy_url, "http://p:1");
  EXPECT_EQ(config->namespace_, "ns-a");
  EXPECT_FALSE(config->insecure);
  EXPECT_THAT(config->source, HasSubstr("context 'a'"));
}

TEST_F(Kubeconfig, ResolvesRelativeFilesAgainstItsOwnDirectory) {
  write("sub/pki/ca.crt", "CA");
  write("sub/pki/c.crt", "CERT");
  write("sub/pki/c.key", "KEY");

  const auto config = load_flag(
      write("sub/config", one("a", "server: 'https://h', certificate-authority: pki/ca.crt",
                              "client-certificate: pki/c.crt, client-key: ./pki/c.key, "
                              "tokenFile: ../token",
                              "a")));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ca_pem, "CA");
  EXPECT_EQ(config->client_certificate_pem, "CERT");
  EXPECT_EQ(config->client_key_pem.expose(), "KEY");
  EXPECT_EQ(config->token_file, (dir_ / "token").string());
}

TEST_F(Kubeconfig, PrefersInlineDataToFiles) {
  const auto config =
      load_flag(write("c", one("a",
                               "server: 'https://h', certificate-authority-data: Q0E=, "
                               "certificate-authority: missing.crt",
                               "token: t", "a")));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ca_pem, "CA");
}

TEST_F(Kubeconfig, MergesAListWithTheFirstEntryWinningWhole) {
  const auto first = write("1", one("a", "server: 'https://first'", "token: one", "''"));
  const auto second = write(
      "2",
      one("a", "server: 'https://second', certificate-authority-data: Q0E=", "token: two", "b"));
  const auto third = write("3", one("b", "server: 'https://third'", "token: three", "a"));
  env_["KUBECONFIG"] =
      first + "::" + (dir_ / "missing").string() + ":" + second + ":" + first + ":" + third;

  const auto current = kube::load_config(source());
  auto with_context = source();
  with_context.context = "a";
  const auto chosen = kube::load_config(with_context);

  ASSERT_TRUE(current) << current.error().message;
  EXPECT_EQ(current->server, "https://third");
  EXPECT_EQ(current->token.expose(), "three");
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ(chosen->server, "https://first");
  EXPECT_EQ(chosen->ca_pem, "");
}

TEST_F(Kubeconfig, LooksAtFlagThenEnvironmentThenPodThenHome) {
  write("home/.kube/config", one("h", "server: 'https://home'", "token: t", "h"));
  EXPECT_EQ(kube::load_config(source())->server, "https://home");

  env_["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  env_["KUBERNETES_SERVICE_PORT"] = "443";
  write("sa/ca.crt", "CA");
  EXPECT_EQ(kube::load_config(source())->server, "https://10.0.0.1:443");

  env_["KUBECONFIG"] = write("e", one("e", "server: 'https://env'", "token: t", "e"));
  EXPECT_EQ(kube::load_config(source())->server, "https://env");

  const auto flag = write("f", one("f", "server: 'https://flag'", "token: t", "f"));
  EXPECT_EQ(load_flag(flag)->server, "https://flag");
}

TEST_F(Kubeconfig, ReadsThePodsServiceAccount) {
  env_["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  env_["KUBERNETES_SERVICE_PORT"] = "6443";
  write("sa/ca.crt", "CA");
  write("sa/namespace", "team-a\n");

  const auto config = kube::load_config(source());

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://[fd00::1]:6443");
  EXPECT_EQ(config->ca_pem, "CA");
  EXPECT_EQ(config->token_file, (dir_ / "sa/token").string());
  EXPECT_EQ(config->namespace_, "team-a");
  EXPECT_EQ(config->source, "in-cluster");
}

TEST_F(Kubeconfig, IsNotFoundWhenThereIsNone) {
  EXPECT_EQ(kube::load_config(source()).error().code, Code::kNotFound);

  env_["KUBECONFIG"] = (dir_ / "missing").string();
  EXPECT_EQ(kube::load_config(source()).error().code, Code::kNotFound);
}

TEST_F(Kubeconfig, RefusesAMissingFlagFile) {
  const auto config = load_flag((dir_ / "missing").string());

  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Code::kInvalid);
  EXPECT_THAT(config.error().message, HasSubstr("missing"));
}

TEST_F(Kubeconfig, SendsNoCredentialsToAPlainServer) {
  const auto config = load_flag(
      write("c", one("a", "server: 'http://127.0.0.1:1'", "token: t, tokenFile: x", "a")));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->token.empty());
  EXPECT_EQ(config->token_file, "");
}

TEST_F(Kubeconfig, NamesFileAndFieldOfWhatIsWrong) {
  const std::string good_cluster = "server: 'https://h'";
  expect_invalid("clusters: [", "not YAML");
  expect_invalid("- a", "not a kubeconfig");
  expect_invalid("clusters: 5", "clusters is not a list");
  expect_invalid("clusters: [{cluster: {}}]", "clusters has no name");
  expect_invalid("clusters: [{name: a}]", "no fields under 'cluster'");
  expect_invalid("{}", "no current-context");
  expect_invalid(one("a", good_cluster, "token: s3cret", "b"), "there is no context 'b'");
  expect_invalid("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]",
                 "there is no cluster 'c'");
  expect_invalid(one("a", "server: 'h:6443'", "token: s3cret", "a"), "server must begin with");
  expect_invalid(one("a", good_cluster + ", certificate-authority-data: '!'", "", "a"),
                 "certificate-authority-data is not base64");
  expect_invalid(one("a", good_cluster + ", certificate-authority: nowhere.crt", "", "a"),
                 "certificate-authority");
  expect_invalid(one("a", good_cluster + ", insecure-skip-tls-verify: maybe", "", "a"),
                 "insecure-skip-tls-verify");
  expect_invalid(one("a",
                     good_cluster + ", insecure-skip-tls-verify: true, "
                                    "certificate-authority-data: Q0E=",
                     "", "a"),
                 "exclude each other");
  expect_invalid(one("a", good_cluster, "client-certificate-data: Q0E=", "a"), "belong together");
  expect_invalid(one("a", good_cluster, "token: [s3cret]", "a"), "token is not text");
}

TEST_F(Kubeconfig, SaysWhatItDoesNotSupport) {
  for (const std::string user : {"auth-provider: {name: gcp}", "username: u, password: s3cret"}) {
    expect_invalid(one("a", "server: 'https://h'", user, "a"), "is not supported");
  }
}

TEST_F(Kubeconfig, ReadsAsWhomToAct) {
  const auto config =
      load_flag(write("a", one("x", "server: 'https://h'",
                               "token: t, as: jane, as-uid: '7', as-groups: [a, b], "
                               "as-user-extra: {scopes: [view, edit]}",
                               "x")));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->impersonate, (kube::Impersonation{.user = "jane",
                                                      .uid = "7",
                                                      .groups = {"a", "b"},
                                                      .extra = {{"scopes", {"view", "edit"}}}}));
  expect_invalid(one("x", "server: 'https://h'", "token: s3cret, as-groups: [a]", "x"),
                 "need `as`");
}

TEST_F(Kubeconfig, ReadsFilesOfOtherEncodings) {
  const std::string text = one("x", "server: 'https://h'", "token: t", "x");
  std::string utf16 = "\xFF\xFE";
  for (const char c : text) utf16 += std::string(1, c) + '\0';

  for (const std::string& file : {"\xEF\xBB\xBF" + text, utf16}) {
    const auto config = load_flag(write("a", file));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->server, "https://h");
  }
}

TEST_F(Kubeconfig, RefusesAContextInAPod) {
  env_["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  env_["KUBERNETES_SERVICE_PORT"] = "443";
  auto from = source();
  from.context = "a";

  EXPECT_EQ(kube::load_config(from).error().code, Code::kInvalid);
}

TEST_F(Kubeconfig, ReadsAnExecPlugin) {
  const auto config = load_flag(
      write("k", one("x", "server: 'https://h'",
                     "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/aws, args: "
                     "[a, b], env: [{name: N, value: v}], interactiveMode: Never}",
                     "x")));

  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->command, (dir_ / "bin/aws").string());
  EXPECT_EQ(config->exec->args, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config->exec->env.at("N"), "v");
}

TEST_F(Kubeconfig, RefusesAnExecPluginThatCannotWorkUnattended) {
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, command: aws";
  for (const auto& [fields, words] : std::map<std::string, std::string>{
           {"command: aws", "apiVersion"},
           {v1, "interactiveMode"},
           {v1 + ", interactiveMode: Always", "Always"},
           {v1 + ", interactiveMode: Sometimes", "must be Never or IfAvailable"},
           {"apiVersion: client.authentication.k8s.io/v1alpha1, command: aws", "apiVersion"},
           {"apiVersion: client.authentication.k8s.io/v1beta1", "command"}}) {
    expect_invalid(one("x", "server: 'https://h'", "exec: {" + fields + "}", "x"), words);
  }
}

TEST_F(Kubeconfig, NeedsNoInteractiveModeInV1Beta1) {
  const auto config = load_flag(write(
      "a", one("x", "server: 'https://h'",
               "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}", "x")));

  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->cluster_json, "");
}

TEST_F(Kubeconfig, DescribesTheClusterToAPluginThatWantsIt) {
  const std::string cluster =
      "server: 'https://h:1', tls-server-name: n, proxy-url: 'http://p:2', "
      "disable-compression: true, certificate-authority-data: Q0E=, "
      "extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, "
      "extension: {audience: a, count: 3, quoted: '3', on: true, list: [x, 1.5], none: null}}]";
  const auto config =
      load_flag(write("a", one("x", cluster,
                               "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, "
                               "interactiveMode: IfAvailable, provideClusterInfo: true}",
                               "x")));

  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->cluster_json,
            R"({"certificate-authority-data":"Q0E=","config":{"audience":"a","count":3,)"
            R"("list":["x",1.5],"none":null,"on":true,"quoted":"3"},"disable-compression":true,)"
            R"("proxy-url":"http://p:2","server":"https://h:1","tls-server-name":"n"})");
}

TEST_F(Kubeconfig, BoundsWhatAliasesMakeOfAnExtension) {
  std::string text = one("x",
                         "server: 'https://h', extensions: [{name: "
                         "client.authentication.k8s.io/exec, extension: BOMB}]",
                         "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, "
                         "interactiveMode: Never, provideClusterInfo: true}",
                         "x");
  std::string bomb = "[&a0 x";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += ", &a" + std::to_string(i) + " [" + before + ", " + before + "]";
  }
  text.replace(text.find("BOMB"), 4, bomb + "]");

  const auto config = load_flag(write("a", text));

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_LT(config->exec->cluster_json.size(), 100'000U);
}

}  // namespace
