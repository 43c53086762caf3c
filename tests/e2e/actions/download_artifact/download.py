"""Downloads artifacts by the rules of version 8 of actions/download-artifact.

Those of the same workflow run lie in the directory E2E_ARTIFACTS; those of others are asked for at the API. Each is
unpacked into a directory of its own, except when there is only one.
"""

from __future__ import annotations

import fnmatch
import http.client
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

Content = Callable[[], bytes]


def answer(url: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """What a server on loopback says."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"User-Agent": "download-artifact", **headers})
    response = connection.getresponse()
    return response, response.read()


def asked(path: str, token: str) -> bytes:
    """What the API answers, or the place that it sends us to: the token is the API's and nobody else's."""
    response, body = answer(f"{os.environ['GITHUB_API_URL']}{path}", Authorization=f"Bearer {token}")
    if response.status == http.client.FOUND:
        response, body = answer(response.headers["Location"])
    if response.status != http.client.OK:
        sys.exit(f"::error::{path}: {response.status} {response.reason}")
    return body


def from_api(run: str, token: str) -> dict[str, Content]:
    """The artifacts of any run."""
    base = f"/repos/{os.environ['GITHUB_REPOSITORY']}/actions"
    listed = json.loads(asked(f"{base}/runs/{run}/artifacts?per_page=100", token))["artifacts"]
    return {each["name"]: partial(asked, f"{base}/artifacts/{each['id']}/zip", token) for each in listed}


def from_this_run() -> dict[str, Content]:
    """The artifacts of the run at hand."""
    files = sorted(Path(os.environ["E2E_ARTIFACTS"], os.environ["GITHUB_RUN_ID"]).glob("*/content.zip"))
    return {file.parent.name: file.read_bytes for file in files}


def main() -> None:
    env = os.environ
    artifacts = from_api(env["WITH_RUN"], env["WITH_TOKEN"]) if env["WITH_TOKEN"] else from_this_run()
    if env["WITH_NAME"]:
        artifacts = {name: content for name, content in artifacts.items() if name == env["WITH_NAME"]}
        if not artifacts:
            sys.exit(f"::error::Artifact '{env['WITH_NAME']}' not found")
    pattern = env["WITH_PATTERN"] or "*"
    chosen = {name: content for name, content in artifacts.items() if fnmatch.fnmatchcase(name, pattern)}
    target = Path(env["WITH_PATH"] or env["GITHUB_WORKSPACE"])
    together = env["WITH_MERGE"] == "true" or len(chosen) == 1
    for name, content in chosen.items():
        with zipfile.ZipFile(io.BytesIO(content())) as archive:
            archive.extractall(target if together else target / name)
        print(f"Artifact {name} was downloaded")
    print(f"Total of {len(chosen)} artifact(s) downloaded")


if __name__ == "__main__":
    main()
