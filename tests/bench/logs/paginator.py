"""What one writes with boto3 in five minutes: FilterLogEvents by its paginator, a line printed for each event.

Run by the Python of the peers' environment. Usage: paginator.py ENDPOINT GROUP PREFIX
"""

from __future__ import annotations

import sys

import boto3


def main(endpoint: str, group: str, prefix: str) -> None:
    """Print all events of the streams that begin with a prefix."""
    pages = boto3.client("logs", endpoint_url=endpoint).get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group, logStreamNamePrefix=prefix):
        for event in page["events"]:
            print(event["logStreamName"], event["timestamp"], event["message"])


if __name__ == "__main__":
    main(*sys.argv[1:])
