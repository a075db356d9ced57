// kubectl-duplicert: the plugin of kubectl. See plugin/commands.h.
#include "plugin/commands.h"

int main(int argc, char** argv) {
  return plugin::execute(argc, argv);
}
