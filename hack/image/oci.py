"""Writes an OCI archive, the same bytes for the same input. Entry point: write.
https://github.com/opencontainers/image-spec"""
import datetime
import hashlib
import io
import json
import platform
import tarfile
import zlib

MEDIA = "application/vnd.oci.image."
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def iso_time(epoch):
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def digest_of(blob):
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def entry(path, epoch, kind=tarfile.REGTYPE, mode=0o644, link="", size=0):
    item = tarfile.TarInfo(path.lstrip("/"))
    item.type, item.mode, item.linkname, item.size, item.mtime = kind, mode, link, size, epoch
    return item


def layer(files, epoch):
    """A tar of the files, each directory before what is in it; owner root, one time for all."""
    buffer, made = io.BytesIO(), set()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for file in files:
            parts = file.path.strip("/").split("/")
            for depth in range(1, len(parts)):
                directory = "/".join(parts[:depth])
                if directory not in made:
                    made.add(directory)
                    tar.addfile(entry(directory, epoch, tarfile.DIRTYPE, 0o755))
            if file.link:
                tar.addfile(entry(file.path, epoch, tarfile.SYMTYPE, 0o777, file.link))
            else:
                data = file.data()
                tar.addfile(entry(file.path, epoch, mode=file.mode, size=len(data)),
                            io.BytesIO(data))
    return buffer.getvalue()


def gzip(blob):
    """Without a name and a time in its head, which would differ from run to run."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(blob) + packer.flush()


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def descriptor(kind, blob, **more):
    return {"mediaType": MEDIA + kind, "digest": digest_of(blob), "size": len(blob), **more}


def write(path, name, layers, config, epoch, architecture=None):
    """Returns the digest of the manifest. `layers`: lists of rootfs.File, lowest first.
    `architecture`: Debian's word; None: this machine's."""
    plain = [layer(files, epoch) for files in layers]
    packed = [gzip(blob) for blob in plain]
    platform_ = {"architecture": architecture or ARCHITECTURES[platform.machine()], "os": "linux"}
    image = as_json({
        **platform_, "created": iso_time(epoch), "config": config,
        "rootfs": {"type": "layers", "diff_ids": [digest_of(blob) for blob in plain]},
        "history": [{"created": iso_time(epoch), "created_by": "hack/image.sh"} for _ in plain],
    })
    manifest = as_json({
        "schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json",
        "config": descriptor("config.v1+json", image),
        "layers": [descriptor("layer.v1.tar+gzip", blob) for blob in packed],
        "annotations": config["Labels"],
    })
    index = as_json({
        "schemaVersion": 2, "mediaType": MEDIA + "index.v1+json",
        "manifests": [descriptor("manifest.v1+json", manifest, platform=platform_, annotations={
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1]})],
    })
    blobs = {"blobs/sha256/" + digest_of(blob)[7:]: blob for blob in (*packed, image, manifest)}
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for file, blob in [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index),
                           *sorted(blobs.items())]:
            tar.addfile(entry(file, epoch, size=len(blob)), io.BytesIO(blob))
    return digest_of(manifest)


def unpacked_size(files):
    return sum(len(file.data()) for file in files if not file.link)
