#!/usr/bin/env python3
"""Checks what compilers do not: layers, sizes, comments, words.

usage: hack/tidy.py [--self-test] [--sizes] [FILE...]

Without FILE it checks every file that git knows or would add. Prints one line per problem,
"file:line: what (how to fix it)", and exits with 1 if there is any.
  --self-test   breaks every rule in a scratch directory and checks that each is found
  --sizes       prints the longest functions and files, and the median, instead
The layers are in hack/layers.txt. Needs Python 3.9 and nothing else.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LINE_MAX = 100
FUNCTION_MAX = 70
FILE_MAX = {".h": 300, ".cpp": 600, ".sh": 400, ".py": 500}
TEST_FILE_MAX = 800
DOCUMENT_MAX = {"ARCHITECTURE.md": 150, "CONTRIBUTING.md": 150}
LINES_CHECKED = {".h", ".cpp", ".sh", ".py", ".cmake"}
COPIES = ("hack/kube/",)  # go.mod and go.sum: made by Go

THIRD_PARTY = [  # the first prefix that fits
    ("nlohmann/json_fwd.hpp", "json_fwd"), ("nlohmann/", "json"), ("fmt/", "fmt"),
    ("spdlog/", "spdlog"), ("curl/", "curl"), ("httplib.h", "httplib"), ("openssl/", "openssl"),
    ("nettle/", "nettle"),
    ("yaml-cpp/", "yaml"), ("prometheus/", "prometheus"), ("sqlite3.h", "sqlite"),
    ("CLI/", "cli11"), ("date/", "date"), ("gtest/", "gtest"), ("gmock/", "gmock"),
]
SYSTEM = re.compile(r"^(sys|netinet|arpa|net|linux)/|^[a-z0-9_]+(\.h)?$")

# (where, not where, pattern, what to say). Patterns see code without comments and strings, unless
# they start with TEXT, which sees the whole line.
PRODUCTION = r"^(pkg|controller)/.*\.(h|cpp)$"
SOURCE = r"\.(h|cpp)$"
ANY_TEXT = r"\.(h|cpp|sh|py|cmake|md|yaml|yml|txt|json)$"
WORDS = [
    (PRODUCTION, r"^controller/cli/", r"\bthrow\b", "we never throw: return fail(...)"),
    (PRODUCTION, None, r"\bassert\s*\(", "use BASE_CHECK, which is always on"),
    (PRODUCTION, None, r"\bstd::(cout|cerr)\b", "use base/log.h, or stdio in controller/app"),
    (PRODUCTION, r"^pkg/base/", r"\bsleep_for\b|\bsleep_until\b", "wait on a condition with stop"),
    (PRODUCTION, r"^pkg/base/clock\.cpp$", r"\bsystem_clock::now\b", "take a base::Clock"),
    (PRODUCTION, None, r"\.detach\s*\(\s*\)", "no detached threads: keep a std::jthread"),
    (r"^controller/rules/", None, r"_clock::now|\bSystemClock\b|\bClock&", "`now` is a fact"),
    (r"^controller/rules/", None, r"\brand(om)?_?\w*\(", "rules are not random"),
    (r"^pkg/(kube|runtime)/", None, r"\bcertcentral::|\bx509::|\bCertificateOrder\b",
     "pkg/kube and pkg/runtime serve any operator"),
    (r"^pkg/certcentral/.*\.cpp$", None, r"TEXT\"[^\"]*/(revoke|cancel|reissue|approve)\b",
     "the client has no call that revokes, cancels, reissues or approves"),
    (PRODUCTION, None, r"SSL_VERIFY(PEER|HOST),\s*0", "TLS verification is never switched off"),
    (SOURCE, None, r"(^|[{,])\s*\.\w+\s*=\s*\*?TRY\(|\{[^;{}]*,\s*\*?TRY\(",
     "TRY within an initializer leaks the members before it: use a variable"),
    (SOURCE, None, r"\bstd::(format|print|println)\b", "g++ 12 lacks it: use fmt"),
    (SOURCE, None, r"\busing\s+namespace\s+std\s*;", "name what you use"),
    (r"\.h$", None, r"\busing\s+namespace\b", "not in a header: it leaks"),
    (SOURCE, None, r"\b(std::rand|srand)\b", "use base/random.h"),
    (SOURCE, None, r"TEXT//.*\b(FIXME|XXX|HACK)\b", "say why, or open an issue"),
    (SOURCE, None, r"TEXT\bTODO\b(?!\(#\d+\))", "write TODO(#issue)"),
    (SOURCE, None, r"TEXT(?i)@author|copyright \(c\)", "no author names in files"),
    (ANY_TEXT, r"^hack/tidy\.py$", r"TEXT(?<![\w.~}$])/(root|work|home/\w+)/\w", "machine path"),
]
KEY_MATERIAL = re.compile(r"PRIVATE KEY-----(\\n|[\s\"])*[A-Za-z0-9+/]{60}")


def blank_code(text):
    """`text` with comments and literals blanked, line breaks kept, so that braces count."""
    pattern = re.compile(
        r'R"([^()\s\\]{0,16})\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"'
        r"|'(?:\\.|[^'\\\n])'")

    def blank(match):
        if match.group().startswith("'") or match.group().startswith('"'):
            return match.group()[0] + " " * (len(match.group()) - 2) + match.group()[-1]
        return re.sub(r"[^\n]", " ", match.group())

    return pattern.sub(blank, text)


def functions(code):
    """Yields (first line, line count) of each function body in blanked code."""
    code = re.sub(r"(?m)^[ \t]*#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", " ", m.group()), code)
    scopes, begin, position = [], 0, 0
    while position < len(code):
        char = code[position]
        if char == "{":
            head = code[begin:position]
            if is_function(head):
                end = closing(code, position)
                if not re.match(r"\s*[,{]", code[end + 1:]):  # else: a member initialiser
                    first = begin + len(head) - len(head.lstrip())
                    yield code.count("\n", 0, first) + 1, code.count("\n", first, end) + 1
                    begin = end + 1
                position = end
            elif re.search(r"\b(namespace|class|struct|union|enum|extern)\b", head):
                scopes.append(char)
                begin = position + 1
            else:
                position = closing(code, position)  # an initialiser
        elif char in ";}":
            begin = position + 1
        position += 1


def is_function(head):
    if "(" not in head or re.search(r"\b(class|struct|enum|union|namespace)\s+\w*\s*$", head):
        return False
    return not re.search(r"=\s*$|\breturn\b", head)


def closing(code, position):
    depth = 0
    for index in range(position, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return index
    return len(code) - 1


class Layers:
    """hack/layers.txt, as sets."""

    def __init__(self, text):
        self.rows, self.never = {}, {}
        for line in text.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("|")]
            if cells[0].startswith("never "):
                self.never[cells[0].split()[1]] = set(cells[1].split())
            else:
                self.rows[cells[0]] = [set(cell.split()) - {"-"} for cell in cells[1:]]

    def problem(self, path, header, quoted):
        """Why `path` must not include `header`, or None."""
        folder, file = os.path.split(path)
        if folder not in self.rows:
            return f"folder {folder} has no row in hack/layers.txt"
        ours, in_source, in_header = self.rows[folder]
        if header in self.never.get(folder, ()):
            return f"{folder} must never include {header}"
        if quoted:
            library = header.split("/")[0]
            own = os.path.basename(folder)
            return None if library == own or library in ours else (
                f"{folder} must not include {library} (see hack/layers.txt)")
        token = next((t for prefix, t in THIRD_PARTY if header.startswith(prefix)), None)
        if token is None:
            return None if SYSTEM.match(header) else f"unknown third-party header {header}"
        allowed = in_header if path.endswith(".h") else in_source | in_header
        if token == "json_fwd" and "json" in allowed:
            return None
        if token in allowed or f"{token}:{file}" in allowed:
            return None
        return f"{folder}: {header} is not allowed in this file (see hack/layers.txt)"


def check_includes(path, text, layers):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not match:
            continue
        problem = layers.problem(path, match[2], match[1] == '"')
        if problem:
            yield number, problem


def check_header(text):
    if not text.startswith("// ") or not re.match(r"(//.*\n)+#pragma once\n", text):
        yield 1, "a header starts with a comment that says its purpose, then #pragma once"


def check_sizes(path, text, code):
    lines = text.count("\n")
    suffix = os.path.splitext(path)[1]
    limit = TEST_FILE_MAX if path.startswith("tests/") else FILE_MAX.get(suffix)
    limit = DOCUMENT_MAX.get(path, limit)
    if limit and suffix in set(FILE_MAX) | {".md"} and lines > limit:
        yield lines, f"{lines} lines, the limit is {limit}: split it"
    if code is not None:
        for first, count in functions(code):
            if count > FUNCTION_MAX:
                yield first, f"function of {count} lines, the limit is {FUNCTION_MAX}: split it"
    if suffix in LINES_CHECKED:
        raw = raw_string_lines(text) if code is not None else set()
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LINE_MAX and number not in raw:
                yield number, f"line of {len(line)} columns, the limit is {LINE_MAX}"


def raw_string_lines(text):
    """Numbers of the lines that a raw string covers: data is not wrapped."""
    result = set()
    for match in re.finditer(r'R"([^()\s\\]{0,16})\((?:.|\n)*?\)\1"', text):
        first = text.count("\n", 0, match.start()) + 1
        result.update(range(first, first + match.group().count("\n") + 1))
    return result


def check_words(path, text, code):
    for where, excluded, pattern, advice in WORDS:
        if not re.search(where, path) or (excluded and re.search(excluded, path)):
            continue
        whole = pattern.startswith("TEXT")
        regex = re.compile(pattern[4:] if whole else pattern)
        for number, line in enumerate((text if whole or code is None else code).splitlines(), 1):
            match = regex.search(line)
            if match:
                yield number, f"`{match.group().strip()}`: {advice}"
    for match in KEY_MATERIAL.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, "a private key: make it at run time"


def check_file(path, text, layers):
    is_code = path.endswith((".h", ".cpp"))
    code = blank_code(text) if is_code else None
    if re.match(PRODUCTION, path):
        yield from check_includes(path, text, layers)
    if path.endswith(".h"):
        yield from check_header(text)
    yield from check_sizes(path, text, code)
    yield from check_words(path, text, code)


def list_files(root):
    output = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True)
    if output.returncode == 0:
        names = set(output.stdout.split("\0")) - {""}
    else:  # an unpacked archive
        names = {str(p.relative_to(root)) for p in Path(root).rglob("*") if p.is_file()}
        names = {n for n in names if not n.startswith(("build/", ".git/"))}
    return sorted(n for n in names if not n.startswith(COPIES))


def read(root, name):
    try:
        return Path(root, name).read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None  # binary, or deleted but not committed


def run(root, names):
    layers = Layers(Path(root, "hack/layers.txt").read_text())
    problems = []
    for name in names:
        text = read(root, name)
        for line, what in check_file(name, text, layers) if text is not None else ():
            problems.append(f"{name}:{line}: {what}")
    return problems


def print_sizes(root, names):
    found, files = [], []
    for name in names:
        text = read(root, name)
        if text and re.match(PRODUCTION, name):
            files.append((text.count("\n"), name))
            found += [(count, f"{name}:{first}") for first, count in functions(blank_code(text))]
    for title, rows in (("functions", found), ("files", files)):
        rows.sort(reverse=True)
        sizes = [row[0] for row in rows]
        print(f"{len(rows)} {title}, {sum(sizes)} lines, median {statistics.median(sizes):.0f}")
        for size, where in rows[:8]:
            print(f"  {size:4} {where}")


# --- Self-test: (file, text, what tidy must say; None: nothing) ---
HEADER = "// Purpose.\n#pragma once\n"
LONG_FUNCTION = "void f() {\n" + "  g();\n" * 70 + "}\n"
SELF_TESTS = [
    ("pkg/base/a.cpp", '#include "kube/client.h"\n', "must not include kube"),
    ("pkg/runtime/a.cpp", '#include "x509/chain.h"\n', "must not include x509"),
    ("pkg/simulator/a.h", HEADER + '#include "certcentral/types.h"\n', "must not include certcen"),
    ("controller/rules/a.cpp", '#include "base/log.h"\n', "must never include base/log.h"),
    ("pkg/kube/a.cpp", "Pair p{.one = TRY(one())};\n", "TRY within an initializer"),
    ("pkg/kube/a.cpp", "return Pair{*std::move(a), TRY(b())};\n", "TRY within an initializer"),
    ("pkg/kube/a.cpp", "if (x) {\n  pair.one = TRY(one(1, 2));\n}\n", None),
    ("controller/rules/a.cpp", "#include <thread>\n", "must never include thread"),
    ("controller/rules/a.cpp", "#include <nlohmann/json.hpp>\n", "is not allowed in this file"),
    ("pkg/kube/a.h", HEADER + "#include <nlohmann/json.hpp>\n", "is not allowed in this file"),
    ("pkg/kube/a.h", HEADER + "#include <nlohmann/json_fwd.hpp>\n#include <vector>\n", None),
    ("pkg/kube/client.cpp", "#include <yaml-cpp/yaml.h>\n", "is not allowed in this file"),
    ("pkg/kube/kubeconfig.cpp", '#include <yaml-cpp/yaml.h>\n#include "base/log.h"\n', None),
    ("pkg/x509/openssl_ptr.h", HEADER + "#include <openssl/evp.h>\n", None),
    ("pkg/x509/chain.h", HEADER + "#include <openssl/evp.h>\n", "is not allowed in this file"),
    ("pkg/base/a.cpp", "#include <boost/any.hpp>\n", "unknown third-party header"),
    ("pkg/new/a.cpp", "#include <vector>\n", "has no row"),
    ("pkg/base/a.h", "#pragma once\n", "says its purpose"),
    ("pkg/base/a.cpp", LONG_FUNCTION, "function of 72 lines"),
    ("pkg/base/a.cpp", "X::X() : a_{1}, b_(2) {\n" + "  g();\n" * 70 + "}\n", "function of 72"),
    ("pkg/base/a.cpp", 'const char* s = "{"; // {\n' + LONG_FUNCTION, "function of 72 lines"),
    ("pkg/base/a.cpp", "struct A {\n" + "  int a();\n" * 90 + "};\nint f() {\n}\n", None),
    ("pkg/base/a.h", HEADER + "\n" * 400, "the limit is 300"),
    ("pkg/base/a.cpp", "int a;" + " " * 100 + "\n", "columns"),
    ("pkg/base/a.cpp", "f(R\"(" + "x" * 120 + ")\");\n", None),
    ("pkg/base/a.cpp", "void f() { throw 1; }\n", "we never throw"),
    ("pkg/base/a.cpp", '// We throw "throw".\nf("throw");\n', None),
    ("tests/unit/a_test.cpp", "void f() { throw 1; }\n", None),
    ("pkg/http/a.cpp", "curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);\n", "never switched off"),
    ("pkg/certcentral/a.cpp", 'post("/order/certificate/1/revoke");\n', "no call that revokes"),
    ("controller/rules/a.cpp", "auto t = system_clock::now();\n", "`now` is a fact"),
    ("pkg/base/a.cpp", "// TODO: later\n", "TODO(#issue)"),
    ("README.md", "See /root/project.\n", "machine path"),
    ("README.md", "See ~/.cache and $HOME/x and https://x.org/home/y/z.\n", None),
    ("tests/data/k.pem", "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n", "private key"),
    ("CONTRIBUTING.md", "x\n" * 151, "the limit is 150"),
]


def self_test(root):
    layers = Path(root, "hack/layers.txt").read_text()
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "hack").mkdir()
        Path(scratch, "hack/layers.txt").write_text(layers)
        for name, text, expected in SELF_TESTS:
            file = Path(scratch, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            said = "\n".join(run(scratch, [name]))
            if (expected or "") not in said or (expected is None and said):
                failures.append(f"{name}: expected {expected!r}, tidy said {said!r}")
    print("\n".join(failures) or f"{len(SELF_TESTS)} self-tests passed")
    return 1 if failures else 0


def main(arguments):
    root = str(Path(__file__).resolve().parent.parent)
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    if "--self-test" in arguments:
        return self_test(root)
    names = [os.path.relpath(a, root) for a in arguments if not a.startswith("-")]
    if "--sizes" in arguments:
        print_sizes(root, names or list_files(root))
        return 0
    problems = run(root, names or list_files(root))
    print("\n".join(problems) or "tidy: no problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
