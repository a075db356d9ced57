#include "simulator/mountain_time.h"

namespace simulator {

base::TimePoint utc_of_mountain_time(base::TimePoint local) {
  using namespace std::chrono;
  const auto year = year_month_day{floor<days>(local)}.year();
  const sys_days spring{year / March / Sunday[2]};
  const sys_days autumn{year / November / Sunday[1]};
  const bool summer = local >= spring + hours{2} && local < autumn + hours{2};
  return local + (summer ? hours{6} : hours{7});
}

}  // namespace simulator
