"""Replaces the screens of documents by what their commands print. See hack/screens.sh.

usage: screens.py DIRECTORY FILE...   (in the environment that hack/demo.sh --then gives)
"""
import os
import pathlib
import re
import subprocess
import sys

PART = re.compile(r"<!-- prepare: (?P<prepare>.*?) -->"
                  r"|<!-- screen: (?P<screen>.*?) -->\n.*?<!-- end of screen -->", re.DOTALL)


def run(command, directory):
    """What the command prints, in a shell of its own; its exit code does not matter here."""
    ran = subprocess.run(["bash", "-c", command], cwd=directory, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    return ran.stdout


def neutral(text):
    """The demo's own CA has a port that no reader has."""
    host = os.environ["DEMO_CA"].split("/")[2]
    return text.replace(host, "www.digicert.com")


def screen(match, directory, path):
    prepare = match.group("prepare")
    command = prepare or match.group("screen")
    output = run(command, directory)
    print(f"{path.name}: {command}", file=sys.stderr)
    if prepare:
        return match.group(0)
    lines = "\n".join(line.rstrip() for line in neutral(output).splitlines())
    return (f"<!-- screen: {command} -->\n```\n$ {command}\n{lines}\n```\n<!-- end of screen -->")


def main():
    directory = sys.argv[1]
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        before = path.read_text(encoding="utf-8")
        after = PART.sub(lambda match: screen(match, directory, path), before)
        if after != before:
            path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
