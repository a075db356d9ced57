"""What is in the image. Entry points: collect, write.

Paths are those of a Debian 12 with merged /usr: the dynamic loader, OpenSSL and curl find their
files where they were built to look for them."""
import dataclasses
import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

# Where the packages of the image's architecture are unpacked (hack/cross.sh); "": this machine.
ROOT = ""
# Prefix of binutils for that architecture.
BINUTILS = ""
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ZONES = "/usr/share/zoneinfo"
USER = 65532


@dataclasses.dataclass(frozen=True)
class File:
    path: str            # in the image, from /
    source: str = ""     # on this machine; "": a link or a directory, or `content`
    link: str = ""
    content: bytes = b""
    mode: int = 0o644
    package: str = ""    # the Debian package that it is of, "libc6"
    ours: bool = False   # changes with every commit: in the last layer

    def data(self):
        return Path(self.source).read_bytes() if self.source else self.content


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.lru_cache
def owners():
    """{file: package} of all packages. One look at dpkg's lists: dpkg-query -S takes longer."""
    found = {}
    for file in Path(ROOT + "/var/lib/dpkg/info").glob("*.list"):
        package = file.stem.split(":")[0]
        found.update(dict.fromkeys(file.read_text().splitlines(), package))
    return found


def dpkg_query(*arguments):
    admin = [f"--admindir={ROOT}/var/lib/dpkg"] if ROOT else []
    return run("dpkg-query", *admin, *arguments)


def owner_of(path):
    """The Debian package of a file, or None. dpkg knows it by its path before or after usrmerge."""
    path = path.removeprefix(ROOT)
    return owners().get(path) or owners().get(re.sub(r"^/usr(?=/lib)", "", path))


def needed(binary):
    """The names that the loader looks for."""
    text = run(BINUTILS + "readelf", "--dynamic", "--program-headers", "--wide", binary)
    return (re.findall(r"\(NEEDED\).*\[(.+)\]", text) +
            re.findall(r"program interpreter: .*/(ld-[^\]]+)\]", text))


def foreign_libraries(binary):
    """As libraries(), for a binary that this machine cannot run."""
    folders = [path for path in Path(ROOT, "usr/lib").glob("*-linux-gnu*") if path.is_dir()]
    found, open_names = {}, needed(binary)
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        paths = [folder / name for folder in folders if (folder / name).exists()]
        if not paths:
            raise SystemExit(f"image: {ROOT} has no {name}: delete it, and run hack/cross.sh again")
        found[name] = str(paths[0])
        open_names += needed(paths[0])
    return sorted(found.items())


def libraries(binary):
    """(name to load by, file) of each shared library that the loader would map, itself too."""
    if ROOT:
        return foreign_libraries(binary)
    found = []
    for line in run("ldd", binary).splitlines():
        if "not found" in line:
            raise SystemExit(f"image: {line.strip()}: run hack/deps.sh")
        match = re.search(r"(?:(\S+) => )?(/\S+) \(0x", line)
        if match:
            found.append((os.path.basename(match[1] or match[2]), match[2]))
    return sorted(found)


def library_files(binary):
    for name, path in libraries(binary):
        real = os.path.realpath(path)
        loader = "/usr/lib" if "aarch64" in name else "/usr/lib64"
        folder = os.path.dirname(real).removeprefix(ROOT)
        directory = loader if name.startswith("ld-linux") else folder
        package = owner_of(real)
        if not package:
            raise SystemExit(f"image: no Debian package owns {real}; install the library as one")
        yield File(f"{directory}/{name}", source=real, mode=0o755, package=package)


def zone_files():
    """The zones by their names; posix/ and right/ repeat them, with and without leap seconds."""
    for base, folders, names in os.walk(ZONES):
        folders[:] = sorted(set(folders) - {"posix", "right"})
        for name in sorted(names):
            path = os.path.join(base, name)
            if os.path.islink(path) and not os.path.exists(path):
                continue
            if os.path.islink(path) and not os.readlink(path).startswith("/"):
                yield File(path, link=os.readlink(path), package="tzdata")
            else:
                yield File(path, source=os.path.realpath(path), package="tzdata")


def fixed_files():
    yield File("/lib", link="usr/lib")
    yield File("/lib64", link="usr/lib64")
    yield File("/etc/passwd", content=(b"root:x:0:0:root:/:/nonexistent\n"
                                       b"duplicert:x:65532:65532:duplicert:/:/nonexistent\n"))
    yield File("/etc/group", content=b"root:x:0:\nduplicert:x:65532:\n")
    # Without it glibc asks DNS before /etc/hosts, where Kubernetes writes hostAliases.
    yield File("/etc/nsswitch.conf", content=b"passwd: files\ngroup: files\nhosts: files dns\n")
    yield File("/etc/os-release", source=os.path.realpath("/etc/os-release"), package="base-files")
    yield File(CA_BUNDLE, source=CA_BUNDLE, package="ca-certificates")
    yield File("/etc/ssl/openssl.cnf", source="/etc/ssl/openssl.cnf", package="openssl")
    yield File("/usr/lib/ssl/openssl.cnf", link="/etc/ssl/openssl.cnf", package="openssl")


def package_files(packages):
    """The licence of each package, and what scanners read to know it (as distroless does it)."""
    status = {re.search(r"(?m)^Package: (\S+)$", text)[1]: text.rstrip("\n") + "\n" for text in
              dpkg_query("--status", *sorted(packages)).split("\n\n") if text.strip()}
    for package in sorted(packages):
        licence = f"/usr/share/doc/{package}/copyright"
        if os.path.exists(ROOT + licence):
            yield File(licence, source=os.path.realpath(ROOT + licence), package=package)
        yield File(f"/var/lib/dpkg/status.d/{package}", content=status[package].encode(),
                   package=package)


def stripped(binary, scratch):
    target = os.path.join(scratch, "duplicert")
    shutil.copyfile(binary, target)
    subprocess.run([BINUTILS + "strip", "--strip-all", target], check=True)
    return target


def collect(binary, scratch):
    """All files of the image, sorted by path."""
    files = [*library_files(binary), *zone_files(), *fixed_files()]
    files += package_files({file.package for file in files} - {""})
    program = stripped(binary, scratch)
    files.append(File("/usr/bin/duplicert", source=program, mode=0o755, ours=True))
    return sorted(files, key=lambda file: file.path)


def write(files, directory):
    for file in files:
        target = Path(directory, file.path.lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            target.symlink_to(file.link)
            continue
        target.write_bytes(file.data())
        target.chmod(file.mode)
