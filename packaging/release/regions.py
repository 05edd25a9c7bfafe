"""What regions.toml says, as values; it must do no I/O but read that file.

python packaging/release/regions.py    # for a workflow's matrix: one JSON line, a member a region
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

REGIONS = Path(__file__).resolve().with_name("regions.toml")
PREFIX = "kubectl-smlogs-plugin"
"""First part of the keys of the plugin's files in every bucket, as in the original's guide."""
SYSTEMS = (("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"))
"""Operating systems and machines that the plugin is built for, in Go's words."""
_CHINA = "amazonaws.com.cn"


@dataclass(frozen=True, slots=True)
class Region:
    """Where a release goes in one region.

    Attributes:
        name: the region.
        account: the AWS account that owns registry and bucket.
        suffix: of host names in the region's partition.
        bucket: for the plugin's files.
    """

    name: str
    account: str
    suffix: str
    bucket: str

    @property
    def partition(self) -> str:
        """Second part of every ARN there."""
        return "aws-cn" if self.suffix == _CHINA else "aws"

    @property
    def registry(self) -> str:
        """Host of the account's image registry (ECR)."""
        return f"{self.account}.dkr.ecr.{self.name}.{self.suffix}"

    def role(self, name: str) -> str:
        """ARN of a role of the account."""
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"

    def url(self, key: str) -> str:
        """Address of an object of the bucket, for everybody; China knows no global name of S3."""
        place = "s3" if self.partition == "aws" else f"s3.{self.name}"
        return f"https://{self.bucket}.{place}.{self.suffix}/{key}"


@dataclass(frozen=True, slots=True)
class Publication:
    """All of regions.toml.

    Attributes:
        image_repository: name of the image's repository in each registry.
        tag: what installers run.
        regions: in the file's order; the first is the one that installers name.
    """

    image_repository: str
    tag: str
    regions: tuple[Region, ...]

    def image(self, region: Region, tag: str) -> str:
        """Full reference of the image in a region."""
        return f"{region.registry}/{self.image_repository}:{tag}"


def read(path: Path = REGIONS) -> Publication:
    """Read the file.

    Raises:
        ValueError: it is no TOML, or something in it cannot be.
        KeyError: something is missing.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    regions = tuple(
        Region(name, account=str(one["account"]), suffix=one["suffix"], bucket=one["bucket"])
        for name, one in content["regions"].items()
    )
    for region in regions:
        _check(region)
    return Publication(content["image_repository"], content["tag"], regions)


def _check(region: Region) -> None:
    """Mistakes of whoever edits the file, told before anything goes to somebody else's bucket."""
    if not re.fullmatch(r"\d{12}", region.account):
        raise ValueError(f"{region.name}: {region.account!r} is no AWS account: it must be twelve digits in quotes")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", region.bucket):
        raise ValueError(f"{region.name}: a bucket cannot be named {region.bucket!r} (letters, digits, '-')")
    if region.name.startswith("cn-") != (region.suffix == _CHINA):
        raise ValueError(f"{region.name}: {region.suffix!r} is the suffix of another partition")


def matrix(publication: Publication, role: str) -> list[dict[str, str]]:
    """What a workflow needs to sign in to each region: its role, and the audience that the partition's STS expects."""
    return [
        {
            "region": region.name,
            "registry": region.registry,
            "role": region.role(role),
            "audience": f"sts.{region.suffix}",
        }
        for region in publication.regions
    ]


def main() -> int:
    """Print the matrix; the exit code."""
    publication = read()
    if sys.argv[1:] != [publication.tag]:
        print(f"regions: the tag in {REGIONS} is {publication.tag}", file=sys.stderr)
        return 1
    print(json.dumps(matrix(publication, os.environ["RELEASE_ROLE"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
