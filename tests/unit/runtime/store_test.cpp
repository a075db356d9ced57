#include "runtime/store.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

struct Meta {
  std::string namespace_{};
  std::string name{};
  std::string uid{};
  std::string resource_version{};
};
struct Pet {
  Meta meta{};
  std::string owner{};
};
using Pointer = std::shared_ptr<const Pet>;

Pointer pet(const std::string& name, const std::string& version, const std::string& owner = "",
            const std::string& uid = "uid-1", const std::string& namespace_ = "home") {
  return std::make_shared<const Pet>(Pet{{namespace_, name, uid, version}, owner});
}

std::vector<Kept<Pet>> kept(const std::vector<Pointer>& pets) {
  std::vector<Kept<Pet>> all;
  for (const Pointer& one : pets) all.emplace_back(one);
  return all;
}

std::vector<std::string> names(const std::vector<Pointer>& pets) {
  std::vector<std::string> found;
  for (const Pointer& one : pets) found.push_back(one->meta.name);
  return found;
}

using Names = std::vector<std::string>;

TEST(Store, TellsTheOldAndTheNewState) {
  Store<Pet> store;

  const auto added = store.upsert(pet("rex", "1"));
  const auto changed = store.upsert(pet("rex", "2"));
  const auto removed = store.remove("home/rex");

  EXPECT_EQ(added->before, nullptr);
  EXPECT_EQ(added->after->meta.resource_version, "1");
  EXPECT_EQ(changed->before->meta.resource_version, "1");
  EXPECT_EQ(changed->after->meta.resource_version, "2");
  EXPECT_EQ(removed->key, "home/rex");
  EXPECT_EQ(removed->before->meta.resource_version, "2");
  EXPECT_EQ(removed->after, nullptr);
  EXPECT_EQ(store.size(), 0U);
}

TEST(Store, KeepsObjectsThatWereHandedOut) {
  Store<Pet> store;
  store.upsert(pet("rex", "1"));
  const Pointer held = store.get("home/rex");

  store.upsert(pet("rex", "2"));

  EXPECT_EQ(held->meta.resource_version, "1");
  EXPECT_EQ(store.get("home/rex")->meta.resource_version, "2");
  EXPECT_EQ(store.get("home/ada"), nullptr);
}

TEST(Store, RefusesAnOlderStateOfTheSameObject) {
  Store<Pet> store;
  store.upsert(pet("rex", "10"));

  EXPECT_FALSE(store.upsert(pet("rex", "9")));
  EXPECT_FALSE(store.upsert(pet("rex", "10")));
  EXPECT_EQ(store.get("home/rex")->meta.resource_version, "10");
}

TEST(Store, SeesDeleteAndRecreateByTheUid) {
  Store<Pet> store;
  store.upsert(pet("rex", "10", "", "uid-1"));

  const auto change = store.upsert(pet("rex", "9", "", "uid-2"));

  ASSERT_TRUE(change);
  EXPECT_TRUE(change->recreated());
  EXPECT_FALSE(store.upsert(pet("rex", "8", "", "uid-2")));
}

TEST(Store, FindsObjectsByIndexAndFollowsTheirChanges) {
  Store<Pet> store;
  store.add_index("owner", [](const Pet& one) { return Names{one.owner}; });
  store.upsert(pet("rex", "1", "eva"));
  store.upsert(pet("ada", "1", "eva"));
  store.upsert(pet("tom", "1", "jim"));

  EXPECT_EQ(names(store.by_index("owner", "eva")), (Names{"ada", "rex"}));
  store.upsert(pet("rex", "2", "jim"));
  EXPECT_EQ(names(store.by_index("owner", "eva")), (Names{"ada"}));
  EXPECT_EQ(names(store.by_index("owner", "jim")), (Names{"rex", "tom"}));
  store.remove("home/tom");
  EXPECT_EQ(names(store.by_index("owner", "jim")), (Names{"rex"}));
  EXPECT_TRUE(store.by_index("owner", "nobody").empty());
}

TEST(Store, AnIndexMayGiveManyValuesOrNone) {
  Store<Pet> store;
  store.add_index("letters", [](const Pet& one) {
    Names letters;
    for (const char letter : one.owner) letters.emplace_back(1, letter);
    return letters;
  });
  store.upsert(pet("rex", "1", "aab"));
  store.upsert(pet("stray", "1", ""));

  EXPECT_EQ(names(store.by_index("letters", "a")), (Names{"rex"}));
  EXPECT_EQ(names(store.by_index("letters", "b")), (Names{"rex"}));
  store.remove("home/rex");
  EXPECT_TRUE(store.by_index("letters", "a").empty());
}

TEST(Store, ReplaceTellsWhatCameWhatChangedAndWhatWent) {
  Store<Pet> store;
  store.upsert(pet("gone", "1"));
  store.upsert(pet("same", "1"));
  store.upsert(pet("newer", "1"));
  const Pointer same = store.get("home/same");

  const auto changes =
      store.replace(kept({pet("same", "1"), pet("newer", "2"), pet("added", "3")}), "");

  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].key, "home/gone");
  EXPECT_EQ(changes[0].after, nullptr);
  EXPECT_EQ(changes[1].key, "home/added");
  EXPECT_EQ(changes[1].before, nullptr);
  EXPECT_EQ(changes[2].key, "home/newer");
  EXPECT_TRUE(changes[2].initial);
  EXPECT_EQ(store.get("home/same"), same) << "an unchanged object keeps its pointer";
  EXPECT_EQ(names(store.list()), (Names{"added", "newer", "same"}));
}

TEST(Store, KeepsItsOwnForTheSameStateThatAListingShows) {
  Store<Pet> store;
  store.upsert(pet("rex", "1"));
  const Pointer newer = pet("rex", "2");

  EXPECT_EQ(store.keep(pet("rex", "1")).get(), store.get("home/rex"));
  EXPECT_EQ(store.keep(newer).get(), newer);
}

TEST(Store, ShowsItsObjectsToAVisitorUntilThatHasSeenEnough) {
  Store<Pet> store;
  store.upsert(pet("rex", "1"));
  store.upsert(pet("ada", "1"));
  store.upsert(pet("tom", "1"));
  Names seen;

  store.visit([&](const Pet& one) {
    seen.push_back(one.meta.name);
    return one.meta.name != "rex";
  });

  EXPECT_EQ(seen, (Names{"ada", "rex"}));
}

// A kind that is held as bytes.
struct Fish {
  Meta meta{};
  std::string pond{};
};
base::Packed pack(const Fish& fish) {
  base::PackWriter out;
  for (const std::string* text : {&fish.meta.namespace_, &fish.meta.name, &fish.meta.uid,
                                  &fish.meta.resource_version, &fish.pond}) {
    out.text(*text);
  }
  return out.packed();
}
void unpack(const base::Packed& packed, Fish& fish) {
  base::PackReader in(packed);
  for (std::string* text : {&fish.meta.namespace_, &fish.meta.name, &fish.meta.uid,
                            &fish.meta.resource_version, &fish.pond}) {
    *text = in.text();
  }
}
std::shared_ptr<const Fish> fish(const std::string& name, const std::string& version,
                                 const std::string& pond) {
  return std::make_shared<const Fish>(Fish{{"home", name, "uid-1", version}, pond});
}

TEST(Store, HoldsPackedObjectsAndGivesThemOutWhole) {
  static_assert(Packable<Fish> && !Packable<Pet>);
  Store<Fish> store;
  store.add_index("pond", [](const Fish& one) { return Names{one.pond}; });
  store.upsert(fish("koi", "1", "big"));
  store.upsert(fish("roach", "1", "big"));
  const auto held = store.get("home/koi");

  const auto change = store.upsert(fish("koi", "2", "small"));

  EXPECT_EQ(held->pond, "big") << "what was handed out stays";
  EXPECT_EQ(change->before->pond, "big");
  EXPECT_EQ(change->after->pond, "small");
  EXPECT_EQ(store.keys_by_index("pond", "big"), (Names{"home/roach"}));
  EXPECT_EQ(store.by_index("pond", "small").at(0)->meta.resource_version, "2");
  EXPECT_FALSE(store.upsert(fish("koi", "1", "big")));
  EXPECT_EQ(store.list().at(1)->meta.name, "roach");

  std::vector<Kept<Fish>> listed{store.keep(fish("roach", "1", "big"))};
  const auto changes = store.replace(listed, "");

  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].before->meta.name, "koi");
  EXPECT_EQ(changes[0].after, nullptr);
  EXPECT_TRUE(store.keys_by_index("pond", "small").empty());
}

TEST(Store, ReplaceTakesAnOlderStateBecauseTheListingIsTheTruth) {
  Store<Pet> store;
  store.upsert(pet("rex", "10"));

  EXPECT_EQ(store.replace(kept({pet("rex", "9")}), "").size(), 1U);
  EXPECT_EQ(store.get("home/rex")->meta.resource_version, "9");
}

TEST(Store, ReplaceOfOneNamespaceLeavesTheOthersAlone) {
  Store<Pet> store;
  store.upsert(pet("rex", "1", "", "uid-1", "home"));
  store.upsert(pet("rex", "1", "", "uid-2", "away"));

  const auto changes = store.replace({}, "home");

  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].key, "home/rex");
  EXPECT_NE(store.get("away/rex"), nullptr);
}

TEST(StoreDeathTest, IndexesComeBeforeObjects) {
  Store<Pet> store;
  store.upsert(pet("rex", "1"));

  EXPECT_DEATH(store.add_index("owner", nullptr), "broken invariant");
  EXPECT_DEATH(store.by_index("unknown", "x"), "broken invariant");
}

TEST(ResourceVersions, AreOrderedAsNumbersOfAnyLength) {
  EXPECT_TRUE(*compare_resource_versions("9", "10") < 0);
  EXPECT_TRUE(*compare_resource_versions("20", "10") > 0);
  EXPECT_TRUE(*compare_resource_versions("10", "10") == 0);
  EXPECT_TRUE(*compare_resource_versions("18446744073709551616", "18446744073709551615") > 0);
}

TEST(ResourceVersions, ThatAreNoNumbersAreEqualOrCannotBeCompared) {
  for (const char* odd : {"", "0", "01", "1a", "-1", "abc"}) {
    EXPECT_FALSE(compare_resource_versions(odd, "1")) << odd;
    EXPECT_FALSE(compare_resource_versions("1", odd)) << odd;
    EXPECT_TRUE(*compare_resource_versions(odd, odd) == 0) << odd;
  }
}

}  // namespace
}  // namespace runtime
