// duplicert: the one binary. See app/commands.h.
#include "app/commands.h"

int main(int argc, char** argv) {
  return app::execute(argc, argv);
}
