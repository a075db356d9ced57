#!/usr/bin/env python3
"""Packs the image: collects the files, writes the OCI archive and the SBOMs. hack/image.sh has the
manual. Needs Python 3.9, Debian's dpkg-query, ldd and strip, and nothing else."""
import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oci
import rootfs
import sbom


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--default-out", required=True)
    parser.add_argument("--name", default="localhost/duplicert")
    parser.add_argument("--tag")
    parser.add_argument("--out")
    parser.add_argument("--rootfs")
    # For another architecture, which this machine cannot ask.
    parser.add_argument("--sysroot", default="")
    parser.add_argument("--binutils", default="")
    parser.add_argument("--version")
    parser.add_argument("--architecture")
    return parser.parse_args()


def labels(options, version):
    """https://github.com/opencontainers/image-spec/blob/main/annotations.md"""
    prefix = "org.opencontainers.image."
    return {prefix + key: value for key, value in {
        "title": "duplicert",
        "description": "Duplicates of DigiCert CertCentral orders, as Kubernetes Secrets",
        "version": version,
        "revision": options.revision,
        "created": oci.iso_time(options.epoch),
        "base.name": "scratch",
    }.items()}


def config(options, version):
    return {
        "User": "65532:65532",
        "Entrypoint": ["/usr/bin/duplicert"],
        "Cmd": ["run"],
        "WorkingDir": "/",
        # MALLOC_ARENA_MAX: glibc would keep up to eight arenas for each core.
        "Env": ["PATH=/usr/bin", "SSL_CERT_FILE=" + rootfs.CA_BUNDLE, "MALLOC_ARENA_MAX=2",
                "HOME=/"],
        "ExposedPorts": {"8080/tcp": {}, "8081/tcp": {}},
        "Labels": labels(options, version),
    }


def main():
    options = arguments()
    rootfs.ROOT, rootfs.BINUTILS = options.sysroot, options.binutils
    version = options.version or rootfs.run(options.binary, "version").split()[1]
    with tempfile.TemporaryDirectory() as scratch:
        files = rootfs.collect(options.binary, scratch)
        if options.rootfs:
            rootfs.write(files, options.rootfs)
            return
        out = Path(options.out or options.default_out)
        out.mkdir(parents=True, exist_ok=True)
        tag = options.tag or version
        layers = [[f for f in files if not f.ours], [f for f in files if f.ours]]
        digest = oci.write(out / "duplicert.tar", f"{options.name}:{tag}", layers,
                           config(options, version), options.epoch, options.architecture)
        (out / "digest").write_text(digest + "\n")
        packages = sbom.packages_of(files, options.binary)
        sbom.write(out, packages, version, digest, options.epoch)
        unpacked = oci.unpacked_size(files)
    size = (out / "duplicert.tar").stat().st_size
    print(f"image: {size / 2**20:.1f} MiB packed, {unpacked / 2**20:.1f} MiB unpacked"
          f", {len(packages)} packages", file=sys.stderr)
    print(f"{options.name}:{tag}@{digest}")


if __name__ == "__main__":
    main()
