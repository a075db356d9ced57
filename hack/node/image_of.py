#!/usr/bin/env python3
"""An image of a few files, for tests.

usage: image_of.py OUT.tar NAME:TAG ENTRYPOINT FILE:PATH...

The first file is taken with the shared libraries that it loads, if any. User 65532, no
environment. The format is that of hack/image/oci.py."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../image"))
import oci
import rootfs

out, name, entrypoint, *pairs = sys.argv[1:]
files = []
for pair in pairs:
    source, path = pair.split(":")
    mode = 0o755 if os.access(source, os.X_OK) else 0o644
    files.append(rootfs.File(path, source=source, mode=mode))
program = files[0].source
if subprocess.run(["ldd", program], capture_output=True).returncode == 0:
    files += rootfs.library_files(program)
    files += [rootfs.File("/lib", link="usr/lib"), rootfs.File("/lib64", link="usr/lib64")]
files.sort(key=lambda file: file.path)
config = {"User": "65532:65532", "Entrypoint": [entrypoint], "Env": ["PATH=/bin"], "Labels": {}}
oci.write(Path(out), name, [files], config, 0)
