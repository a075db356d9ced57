// Keeps the memory of this process, which holds private keys, out of files and other processes.
#pragma once

namespace app {

// No core dump, and no debugger of another process of this user. The limit alone does not stop a
// core_pattern that pipes into a program (core(5)); prctl(2), PR_SET_DUMPABLE, does. A program that
// this one executes is free of the second again. Linux.
void keep_memory_private();

}  // namespace app
