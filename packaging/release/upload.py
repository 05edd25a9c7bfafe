"""Publishes a release: the plugin's files into each region's bucket, the image into each region's registry.

    python packaging/release/upload.py --version v0.1.0 --commit "$(git rev-parse HEAD)" --latest
    python packaging/release/upload.py --version v0.1.0 --region us-east-1 --yes

Without --yes it sends nothing, asks nobody and only prints what would be done. A run that was cut off is started
again: what is there with the same checksum is skipped. A full version and a commit never get other bytes without
--force. Each region has an AWS account of its own: with --yes, run it once for each --region with that account's
credentials (AWS_PROFILE or a role).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import images
import plan
import regions
import tags
from bucket import Bucket
from tables import text_table

ROOT = Path(__file__).resolve().parents[2]
REFUSED = "REFUSED"
KEPT = f"{REFUSED}: its version was"
"""Of a tag that moves, in a region where the release could not get its own name."""


def main() -> int:
    """Do what the command line says; the exit code: 0 all is there, 1 not all of it, 2 it makes no sense."""
    arguments = _arguments()
    try:
        publication = regions.read(arguments.regions)
        places = _chosen(publication, arguments.region)
        wanted = _tags(arguments)
        files = plan.files(arguments.folder)
    except (ValueError, KeyError, OSError) as error:
        print(f"upload: {error}", file=sys.stderr)
        return 2
    uploads = list(plan.uploads(places, wanted, files))
    pushes = images.pushes(publication, places, wanted, arguments.image) if arguments.image else []
    if not arguments.yes:
        _show(uploads, pushes)
        return 0
    return _publish(uploads, pushes, force=arguments.force)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = ROOT / "dist" / regions.PREFIX
    parser.add_argument("--folder", type=Path, default=folder, help="the plugin's files (default: %(default)s)")
    parser.add_argument("--regions", type=Path, default=regions.REGIONS, help="file with regions and accounts")
    parser.add_argument("--region", action="append", default=[], help="only this region; may be given again")
    parser.add_argument("--version", help="the release, v1.2.3; without it only --commit and --latest get the files")
    parser.add_argument("--commit", default="", help="full name of the commit that was built")
    parser.add_argument("--latest", action="store_true", help="let the tag `latest` follow, if nothing newer is out")
    parser.add_argument("--released", nargs="*", help="versions that are out (default: the tags that git knows)")
    parser.add_argument("--image", default="", help="the image for skopeo: oci-archive:dist/image.tar")
    parser.add_argument("--force", action="store_true", help="replace even what should never change")
    parser.add_argument("--yes", action="store_true", help="do it")
    return parser.parse_args()


def _chosen(publication: regions.Publication, names: Sequence[str]) -> list[regions.Region]:
    known = {region.name for region in publication.regions}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no such region in the file: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [region for region in publication.regions if not names or region.name in names]


def _tags(arguments: argparse.Namespace) -> list[tags.Tag]:
    version = tags.parse(arguments.version) if arguments.version else None
    released = arguments.released if arguments.released is not None else _git_tags()
    return tags.of_release(version, commit=arguments.commit, released=tags.known(released), latest=arguments.latest)


def _git_tags() -> list[str]:
    """All tags of the checkout.

    Raises:
        ValueError: git cannot tell.
    """
    done = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"git does not tell which versions are out ({done.stderr.strip()}): say so with --released")
    return done.stdout.split()


def _show(uploads: Iterable[plan.Upload], pushes: Sequence[images.Push]) -> None:
    rows = [(one.region.name, one.region.bucket, one.key, one.cache_control) for one in uploads]
    print(text_table(("REGION", "BUCKET", "KEY", "CACHE-CONTROL"), rows))
    if pushes:
        print()
    for one in pushes:
        print(" ".join(one.command))
    print(f"\nNothing was sent: {len(rows)} files and {len(pushes)} image tags are sent with --yes.")


def _publish(uploads: Sequence[plan.Upload], pushes: Sequence[images.Push], *, force: bool) -> int:
    """Send all, and show what became of it, also when it has to stop halfway."""
    rows: list[tuple[str, str]] = []
    total = len(uploads) + len(pushes)
    problem = ""
    try:
        for result, where in _send(uploads, pushes, force=force):
            rows.append((result, where))
            print(f"upload: {len(rows)}/{total} {result}: {where}", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - whatever it is, the table of what is done comes first
        problem = f"{type(error).__name__}: {error}"
    print(text_table(("RESULT", "WHERE"), rows))
    if problem:
        print(f"upload: {problem}\nupload: {total - len(rows)} not done; start it again to go on", file=sys.stderr)
    refused = sum(result.startswith(REFUSED) for result, _ in rows)
    if refused:
        print(f"upload: {refused} refused: a version or commit never changes; see --force", file=sys.stderr)
    return 1 if problem or refused else 0


def _send(uploads: Iterable[plan.Upload], pushes: Iterable[images.Push], *, force: bool) -> Iterator[tuple[str, str]]:
    """Send one after the other: what became of each, and where it is. Images first: installers name them."""
    refused = set()
    for push in pushes:
        result = KEPT if push.tag.moves and push.region.name in refused else images.push(push, force=force)
        refused |= {push.region.name} if result.startswith(REFUSED) else set()
        yield result, push.reference
    buckets: dict[str, Bucket] = {}
    for upload in uploads:
        name = upload.region.name
        if name not in buckets:
            buckets[name] = Bucket(upload.region)
        result = KEPT if upload.tag.moves and name in refused else buckets[name].put(upload, force=force)
        refused |= {name} if result.startswith(REFUSED) else set()
        yield result, upload.url


if __name__ == "__main__":
    sys.exit(main())
