"""Puts the files of a release into a bucket; the only module here that speaks to AWS.

Readers get their right from the bucket's policy: no object is given an ACL, which new buckets refuse. Every request
names the account that must own the bucket, so that nothing goes to somebody who took its name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plan import Upload
    from regions import Region

_MISSING = ("404", "NoSuchKey", "NotFound")
_TAKEN = ("412", "PreconditionFailed", "ConditionalRequestConflict")


class Outcome(StrEnum):
    """What became of an upload."""

    UPLOADED = "uploaded"
    THERE = "already there"
    REPLACED = "replaced"
    REFUSED = "REFUSED: other bytes are there"


class Bucket:
    """The bucket of a region, with credentials from the environment (boto3's default chain)."""

    def __init__(self, region: Region) -> None:
        # Nobody who only looks at a plan needs boto3.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        retries = {"mode": "standard", "max_attempts": 5}
        self._client: Any = boto3.client("s3", region_name=region.name, config=Config(retries=retries))
        self._names = {"Bucket": region.bucket, "ExpectedBucketOwner": region.account}

    def put(self, upload: Upload, *, force: bool) -> Outcome:
        """Put one file into its place, unless it is there.

        Args:
            upload: the file and its place.
            force: replace other bytes even under a tag that never moves.

        Raises:
            botocore.exceptions.ClientError: AWS refused; after a while also for what may be tried again.
            botocore.exceptions.BotoCoreError: no credentials, or AWS cannot be reached.
        """
        there = self._checksum(upload.key)
        if there == upload.file.checksum:
            return Outcome.THERE
        keep = not upload.tag.moves and not force
        if keep and there is not None:
            return Outcome.REFUSED
        if not self._send(upload, only_if_missing=keep):
            return Outcome.REFUSED
        return Outcome.UPLOADED if there is None else Outcome.REPLACED

    def _checksum(self, key: str) -> str | None:
        """SHA-256 of what is at a key: None if nothing is, empty if it was put there without one."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            found = self._client.head_object(Key=key, ChecksumMode="ENABLED", **self._names)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return str(found.get("ChecksumSHA256", ""))

    def _send(self, upload: Upload, *, only_if_missing: bool) -> bool:
        """Send the bytes, whose checksum S3 compares; False if the place was taken meanwhile."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        condition = {"IfNoneMatch": "*"} if only_if_missing else {}
        try:
            self._client.put_object(
                Key=upload.key,
                Body=upload.file.path.read_bytes(),
                ChecksumSHA256=upload.file.checksum,
                ContentType=upload.file.content_type,
                CacheControl=upload.cache_control,
                **condition,
                **self._names,
            )
        except ClientError as error:
            if only_if_missing and error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True
