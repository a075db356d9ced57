// BASE_CHECK: for broken invariants of our own, never for anything that the outside can cause.
#pragma once

#include <cstdio>
#include <cstdlib>

// Always on: prints the condition with its place and aborts the process.
#define BASE_CHECK(condition)                                                                \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
