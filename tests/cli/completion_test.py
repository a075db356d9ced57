#!/usr/bin/env python3
"""Tries the completion of kubectl-duplicert as people use it: in a real, interactive bash (and zsh
and fish, where they are installed) with the script sourced, TAB pressed, and the line read back.
kubectl's own way in (kubectl_complete-duplicert) is asked as kubectl asks it.

usage: completion_test.py KUBECTL_DUPLICERT REPOSITORY

No cluster is needed: names of objects are completed in tests/e2e/plugin_test.cpp. The last line
names the shells that were not there."""
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS_MAX = 20
# (what is typed before TAB, what the line must then begin with)
LINES = [
    ("kubectl-duplicert sta", "kubectl-duplicert status "),
    ("kubectl-duplicert orders --di", "kubectl-duplicert orders --direct "),
    ("kubectl-duplicert plan --out", "kubectl-duplicert plan --output "),
    ("kubectl-duplicert status -o ya", "kubectl-duplicert status -o yaml "),
    ("kubectl-duplicert completion z", "kubectl-duplicert completion zsh "),
    ("kubectl-duplicert plan -f some", "kubectl-duplicert plan -f some-file.yaml "),
    ("kubectl-duplicert nothing-like-th", "kubectl-duplicert nothing-like-th"),
]
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "source <(kubectl-duplicert completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "unsetopt zle_bracketed_paste; PS1='> '; autoload -Uz compinit;"
            " compinit -u -D; source <(kubectl-duplicert completion zsh)"),
}


class Terminal:
    """A shell at the other end of a pseudo-terminal."""

    def __init__(self, command, env, directory):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, env)
        self.text = ""

    def type(self, keys):
        os.write(self.file, keys.encode())

    def read_until(self, mark):
        """What was written up to `mark`, which is taken with it."""
        end = time.monotonic() + SECONDS_MAX
        while mark not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                sys.exit(f"no {mark!r} within {SECONDS_MAX} s: {self.text!r}")
            self.text += os.read(self.file, 65536).decode(errors="replace")
        before, self.text = self.text.split(mark, 1)
        return before

    def close(self):
        os.close(self.file)
        os.waitpid(self.pid, 0)


def completed(terminal, typed, number):
    """The line after TAB. The shell prints it: Home, `printf "[%s]"`, and quotes around it."""
    terminal.type(f"{typed}\t'\x01printf '<%s-{number}>\\n' '\x05\n")
    shown = terminal.read_until(f"-{number}>\r\n")
    return shown.rsplit("<", 1)[1]


def try_terminal(shell, env, directory):
    command, start = START[shell]
    terminal = Terminal(command, env, directory)
    # Two parts, so that the echo of the line is not taken for its output.
    terminal.type(f"{start}; echo rea''dy\n")
    terminal.read_until("ready\r\n")
    wrong = []
    for number, (typed, expected) in enumerate(LINES):
        line = completed(terminal, typed, number)
        if line.rstrip() != expected.rstrip():
            wrong.append(f"{shell}: {typed!r} became {line!r}, not {expected!r}")
    terminal.type("exit\n")
    terminal.close()
    return wrong


def words_of(command, env, directory):
    done = subprocess.run(command, env=env, cwd=directory, capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def try_fish(env, directory):
    wrong = []
    for typed, expected in LINES:
        script = f"kubectl-duplicert completion fish | source; complete -C '{typed}'"
        words = words_of(["fish", "--no-config", "-c", script], env, directory)
        last = expected.split()[-1]
        offered = [] if last == typed.split()[-1] else [last]
        if words != offered:
            wrong.append(f"fish: {typed!r} offers {words}, not {offered}")
    return wrong


def try_kubectl(repository, env, directory):
    """As kubectl calls it: all words after `kubectl duplicert`, the last one being typed."""
    words = words_of([repository / "hack/kubectl_complete-duplicert", "status", "-o", "y"], env,
                     directory)
    wrong = [] if words == ["yaml", ":4"] else [f"kubectl_complete-duplicert offers {words}"]
    found = subprocess.run([repository / "hack/kube-tools.sh", "--find", "kubectl"],
                           capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return wrong, ["kubectl"]
    kubectl = Path(found.stdout.strip()) / "kubectl"
    words = words_of([kubectl, "__complete", "duplicert", "sta"], env, directory)
    if words[:1] != ["status"]:
        wrong.append(f"kubectl __complete duplicert sta offers {words}")
    return wrong, []


def main(binary, repository):
    binary, repository = Path(binary).resolve(), Path(repository).resolve()
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "some-file.yaml").touch()
        Path(directory, "inputrc").write_text("set enable-bracketed-paste off\n")
        env = {"PATH": f"{binary.parent}:{repository}/hack:{os.environ['PATH']}", "TERM": "dumb",
               "HOME": directory, "INPUTRC": f"{directory}/inputrc", "PS1": "> ",
               "KUBECONFIG": f"{directory}/none", "LC_ALL": "C.UTF-8"}
        wrong, missing = try_kubectl(repository, env, directory)
        for shell in ("bash", "zsh", "fish"):
            if not shutil.which(shell):
                missing.append(shell)
            elif shell == "fish":
                wrong += try_fish(env, directory)
            else:
                wrong += try_terminal(shell, env, directory)
    print("\n".join(wrong + [f"not here, not tried: {', '.join(missing) or 'nothing'}"]))
    return 1 if wrong or "bash" in missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
