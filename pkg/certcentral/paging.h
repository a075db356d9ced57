// Reads a list page by page over an offset. Pure apart from the function that fetches a page.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "certcentral/codec.h"

namespace certcentral {

// Calls fetch(offset), a Result<Page<Row>>, until the list is read; each row once, by its id, in
// the order of their arrival. The list ends where the CA's total is reached or, if it tells none,
// at the first page that has fewer rows than `limit`. kCorrupt if pages bring nothing new although
// the total is not reached (an ignored offset, a list cut short): half a list must not pass for the
// whole. kExhausted beyond `rows_max` rows.
template <class Row, class Fetch>
base::Result<std::vector<Row>> read_pages(std::size_t limit, std::size_t rows_max, Fetch fetch) {
  std::vector<Row> all;
  std::set<std::int64_t> seen;
  std::size_t offset = 0;
  while (true) {
    Page<Row> page = TRY(fetch(offset));
    const std::size_t known = all.size();
    offset += page.rows.size();
    for (Row& row : page.rows) {
      if (seen.insert(row.id).second) all.push_back(std::move(row));
    }
    const bool is_last =
        page.total ? std::cmp_greater_equal(offset, *page.total) : page.rows.size() < limit;
    if (is_last) return all;
    if (all.size() > rows_max) {
      return base::fail(base::Code::kExhausted,
                        "the list has more than " + std::to_string(rows_max) + " rows");
    }
    if (all.size() > known) continue;
    if (!page.total) return all;
    return base::fail(base::Code::kCorrupt, "the list stopped at " + std::to_string(all.size()) +
                                                " rows of " + std::to_string(*page.total));
  }
}

}  // namespace certcentral
