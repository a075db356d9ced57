"""Replaces the screens of documents by what their commands print. See hack/screens.sh.

usage: screens.py [--check] DIRECTORY FILE...   (in the environment that hack/demo.sh --then gives)
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys

PART = re.compile(r"<!-- prepare: (?P<prepare>.*?) -->"
                  r"|<!-- screen: (?P<screen>.*?) -->\n.*?<!-- end of screen -->", re.DOTALL)


# What differs from one run to the next: instants, dates, hashes, UIDs, versions, ages, and with
# their lengths the widths of columns.
VOLATILE = [(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", "<date>"),
            (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uid>"),
            (r"\b[0-9a-fA-F]{16,}\b", "<hash>"),
            (r"(?i)(resource ?version: *)\d+", r"\1<version>"),
            (r"\b\d+ (days|hours|minutes)\b", r"<many> \1"),
            (r"\b(\d+d)?(\d+h)?(\d+m)?\d+s\b", "<age>"),
            (r" +", " "), (r"-{4,}", "----")]


def skeleton(text):
    """The text without what no second run prints again."""
    for pattern, word in VOLATILE:
        text = re.sub(pattern, word, text)
    return [line.rstrip() for line in text.splitlines()]


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


def main(arguments):
    check = arguments[:1] == ["--check"]
    directory, *names = arguments[check:]
    stale = False
    for name in names:
        path = pathlib.Path(name)
        before = path.read_text(encoding="utf-8")
        after = PART.sub(lambda match: screen(match, directory, path), before)
        if not check and after != before:
            path.write_text(after, encoding="utf-8")
        if not check:
            continue
        lines = list(difflib.unified_diff(skeleton(before), skeleton(after),
                                          f"{path.name} as it is", "as it is printed now",
                                          lineterm=""))
        stale = stale or bool(lines)
        print("\n".join(lines), end="\n" if lines else "")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
