// fast_time: lets a process live faster. Preloaded (LD_PRELOAD) by rush.sh into the operator and
// the simulated CA, so that the hour that the CA's rate limit takes is measured in minutes. The
// processes are not told: their clocks run FAST_TIME_RATE times as fast and their waits end as much
// earlier, so that all waits keep their length on their own clocks.
//
// FAST_TIME_RATE    how many seconds pass in one (default 1)
// FAST_TIME_OFFSET  seconds by which the time of day is ahead when FAST_TIME_ANCHOR is
// FAST_TIME_ANCHOR  seconds since 1970, by the true clock: the same for all processes of a run
//
// Not wrapped: what this program does not use (timerfd, POSIX timers, futexes by hand).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static double rate = 1;
static double offset_s;
static double anchor_s;
static double monotonic_start_s;

static int (*real_gettime)(clockid_t, struct timespec*);
static int (*real_nanosleep)(clockid_t, int, const struct timespec*, struct timespec*);
static int (*real_poll)(struct pollfd*, nfds_t, int);
static int (*real_select)(int, fd_set*, fd_set*, fd_set*, struct timeval*);
static int (*real_epoll)(int, struct epoll_event*, int, int);
static int (*real_timedwait)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
static int (*real_clockwait)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);

static double seconds_of(const struct timespec* t) {
  return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static struct timespec timespec_of(double s) {
  struct timespec t = {.tv_sec = (time_t)s};
  t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
  return t;
}

static double setting(const char* name, double otherwise) {
  const char* text = getenv(name);
  return text ? atof(text) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
  real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  real_nanosleep = dlsym(RTLD_NEXT, "clock_nanosleep");
  real_poll = dlsym(RTLD_NEXT, "poll");
  real_select = dlsym(RTLD_NEXT, "select");
  real_epoll = dlsym(RTLD_NEXT, "epoll_wait");
  // The version of glibc 2.3.2 and newer: dlsym would give the one before it.
  real_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  real_clockwait = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  rate = setting("FAST_TIME_RATE", 1);
  offset_s = setting("FAST_TIME_OFFSET", 0);
  struct timespec now;
  real_gettime(CLOCK_REALTIME, &now);
  anchor_s = setting("FAST_TIME_ANCHOR", seconds_of(&now));
  real_gettime(CLOCK_MONOTONIC, &now);
  monotonic_start_s = seconds_of(&now);
}

static int is_time_of_day(clockid_t id) {
  return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

static int runs_fast(clockid_t id) {
  return is_time_of_day(id) || id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE ||
         id == CLOCK_MONOTONIC_RAW || id == CLOCK_BOOTTIME;
}

static double fast(clockid_t id, double s) {
  if (is_time_of_day(id)) return anchor_s + offset_s + (s - anchor_s) * rate;
  return monotonic_start_s + (s - monotonic_start_s) * rate;
}

static struct timespec true_instant(clockid_t id, const struct timespec* at) {
  const double s = seconds_of(at);
  if (is_time_of_day(id)) return timespec_of(anchor_s + (s - offset_s - anchor_s) / rate);
  return timespec_of(monotonic_start_s + (s - monotonic_start_s) / rate);
}

static int true_milliseconds(int ms) {
  return ms <= 0 ? ms : (int)(ms / rate) + 1;
}

int clock_gettime(clockid_t id, struct timespec* t) {
  const int result = real_gettime(id, t);
  if (result == 0 && runs_fast(id)) *t = timespec_of(fast(id, seconds_of(t)));
  return result;
}

int gettimeofday(struct timeval* restrict t, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec* t, struct timespec* rest) {
  if (!runs_fast(id)) return real_nanosleep(id, flags, t, rest);
  const struct timespec until =
      flags & TIMER_ABSTIME ? true_instant(id, t) : timespec_of(seconds_of(t) / rate);
  return real_nanosleep(id, flags, &until, rest);
}

int nanosleep(const struct timespec* t, struct timespec* rest) {
  const struct timespec length = timespec_of(seconds_of(t) / rate);
  return real_nanosleep(CLOCK_REALTIME, 0, &length, rest);
}

int poll(struct pollfd* fds, nfds_t count, int ms) {
  return real_poll(fds, count, true_milliseconds(ms));
}

int select(int count, fd_set* in, fd_set* out, fd_set* errors, struct timeval* wait) {
  if (!wait) return real_select(count, in, out, errors, wait);
  const double s = ((double)wait->tv_sec + (double)wait->tv_usec / 1e6) / rate;
  struct timeval length = {.tv_sec = (time_t)s};
  length.tv_usec = (suseconds_t)((s - (double)length.tv_sec) * 1e6);
  return real_select(count, in, out, errors, &length);
}

int epoll_wait(int epoll, struct epoll_event* events, int count, int ms) {
  return real_epoll(epoll, events, count, true_milliseconds(ms));
}

int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                           const struct timespec* restrict until) {
  const struct timespec at = true_instant(CLOCK_REALTIME, until);
  return real_timedwait(condition, mutex, &at);
}

int pthread_cond_clockwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                           clockid_t id, const struct timespec* restrict until) {
  const struct timespec at = true_instant(id, until);
  return real_clockwait(condition, mutex, id, &at);
}
