"""The bills of materials, from what the build itself recorded. Entry points: packages_of, write.

A scanner sees the shared libraries of an image but not what was compiled into a C++ binary:
headers. ninja knows each header that each object was made of, dpkg knows whose it is."""
import dataclasses
import json
import os
import subprocess
import uuid

import oci
import rootfs


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    architecture: str
    how: str  # shipped: files of it are in the image; compiled in: its headers made the binary

    def purl(self):
        version = self.version.replace(":", "%3A").replace("+", "%2B")
        return f"pkg:deb/debian/{self.name}@{version}?arch={self.architecture}&distro=debian-12"


def header_packages(build):
    """The -dev packages whose headers the objects in `build` were made of. Empty for a binary
    that lies elsewhere: what it was made of is not known."""
    if not os.path.exists(os.path.join(build, ".ninja_deps")):
        return set()
    record = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True,
                            text=True).stdout
    tests = False
    headers = set()
    for line in record.splitlines():
        if not line.startswith(" "):
            tests = line.startswith(("tests/", "hack/"))
        elif not tests and line.startswith(f"    {rootfs.ROOT}/usr/include/"):
            headers.add(os.path.realpath(line.strip()))
    return {rootfs.owner_of(header) for header in headers} - {None}


def describe(name, how):
    version, architecture = rootfs.dpkg_query(
        "-W", "-f", "${Version} ${Architecture}\n", name).splitlines()[0].split()
    return Package(name, version, architecture, how)


def packages_of(files, binary):
    shipped = {file.package for file in files} - {""}
    compiled = header_packages(os.path.dirname(os.path.realpath(binary))) - shipped
    return sorted([describe(name, "shipped") for name in shipped] +
                  [describe(name, "compiled in") for name in compiled])


def spdx(packages, version, digest, created):
    root = {"SPDXID": "SPDXRef-image", "name": "duplicert", "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "primaryPackagePurpose": "CONTAINER",
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest[7:]}]}
    parts = [{"SPDXID": f"SPDXRef-{p.name.replace('+', '-plus')}", "name": p.name,
              "versionInfo": p.version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
              "supplier": "Organization: Debian", "comment": p.how,
              "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                "referenceLocator": p.purl()}]} for p in packages]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                  "relatedSpdxElement": "SPDXRef-image"}]
    for package, part in zip(packages, parts):
        if package.how == "shipped":
            relations.append({"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS",
                              "relatedSpdxElement": part["SPDXID"]})
        else:
            relations.append({"spdxElementId": part["SPDXID"],
                              "relationshipType": "BUILD_DEPENDENCY_OF",
                              "relatedSpdxElement": "SPDXRef-image"})
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"duplicert-{version}",
            "documentNamespace": f"https://duplicert.io/spdx/{version}/{digest[7:]}",
            "creationInfo": {"created": created, "creators": ["Tool: hack/image.sh"]},
            "packages": [root, *parts], "relationships": relations}


def cyclonedx(packages, version, digest, created):
    image = {"type": "container", "bom-ref": "image", "name": "duplicert", "version": version,
             "hashes": [{"alg": "SHA-256", "content": digest[7:]}]}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
            "metadata": {"timestamp": created, "component": image},
            "components": [{"type": "library", "bom-ref": p.purl(), "name": p.name,
                            "version": p.version, "purl": p.purl(), "scope": "required",
                            "properties": [{"name": "duplicert:how", "value": p.how}]}
                           for p in packages],
            "dependencies": [{"ref": "image", "dependsOn": [p.purl() for p in packages]}]}


def write(out, packages, version, digest, epoch):
    created = oci.iso_time(epoch)
    for name, document in (("sbom.spdx.json", spdx(packages, version, digest, created)),
                           ("sbom.cdx.json", cyclonedx(packages, version, digest, created))):
        (out / name).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
