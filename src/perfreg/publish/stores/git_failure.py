"""What git's complaints mean: whether another attempt may help, and what would mend them.

Git reports in sentences only, so sentences are what is read here (``LC_ALL=C`` keeps them English). What a remote says
is hostile text: it is cut, freed of control characters and of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from perfreg.config.secrecy import without_userinfo
from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import TryAgain

_MOST_CHARACTERS = 400
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NOISE = re.compile(r"(hint:|To |error: failed to push some refs|remote: *$|Please make sure you have|and the repo)")

_PASSING = re.compile(
    # Another writer was faster.
    r"stale info|fetch first|cannot lock ref|failed to update ref|failed to lock|incorrect old value"
    r"|reference already exists|already been updated by another client|\.lock': file exists|not our ref"
    # The server or the way to it failed for a moment.
    r"|returned error: (429|5\d\d)|http (429|5\d\d)|early eof|hung up unexpectedly|connection (was )?reset"
    r"|unexpected disconnect|operation timed out|internal server error|service unavailable",
    re.IGNORECASE,
)

_DENIED = (
    r"authentication failed|could not read (username|password)|prompts disabled|permission denied|publickey"
    r"|returned error: 40[13]|http 40[13]|host key verification|access .*(denied|not granted)"
)
_LASTING: tuple[tuple[str, str], ...] = (
    (
        r"dubious ownership",
        "tell git that it may trust the checkout: git config --global --add safe.directory DIRECTORY",
    ),
    (r"not a git repository|must be run in a work tree", "run perfreg inside a git checkout"),
    (r"non-fast-forward", "the remote refuses forced pushes, which squashing needs: allow them there or do not squash"),
    (
        r"hook declined|protected branch|rule violations|\bGH0\d\d|TF402455|deny updating",
        "except the data branch from the protection or hook, or name another one with baseline.branch",
    ),
    (
        _DENIED,
        "give the job a token or key that may write to the repository; on GitHub: permissions: {contents: write}",
    ),
    (r"returned error: 30\d|unable to update url base from redirection", "the repository has moved: mend the URL"),
    (
        r"does not appear to be a git repository|repository .*not found|no such remote|returned error: 404",
        "check the remote with `git remote -v`",
    ),
    (r"could not resolve|failed to connect|couldn't connect|connection refused", "check the network and the URL"),
    (r"cannot create '", "a branch cannot lie inside of another one: rename it with baseline.branch"),
)


def failure(command: str, output: str, *, place: str, secrets: Iterable[str]) -> StoreError:
    """The error for ``output``, all that ``git command`` complained of: `TryAgain` when it may pass."""
    text = _public(output, secrets)
    for pattern, hint in _LASTING:
        if re.search(pattern, text, re.IGNORECASE):
            return StoreError(f"git {command} failed: {text}", where=place, hint=hint)
    if _PASSING.search(text):
        return TryAgain(f"git {command} failed: {text}", where=place)
    return StoreError(f"git {command} failed: {text or 'it says nothing'}", where=place)


def _public(output: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        output = output.replace(secret, "***")
    lines = (_CONTROL.sub(" ", line).strip() for line in without_userinfo(output).split("\n"))
    text = "; ".join(line for line in lines if line and not _NOISE.match(line))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
