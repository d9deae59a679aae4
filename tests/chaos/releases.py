"""Which code ran before this release? Out of git's history: the last commit that did not know this release's schema."""

import io
import subprocess
import tarfile
from pathlib import Path

from chaos.stand import ROOT

FIRST_OF_THIS_RELEASE = "0007"
"""The first migration that the release before did not have; a release that changes the schema again changes this."""
MIGRATIONS = "migrations/versions"


class NoHistory(Exception):
    """The release before cannot be had; the message says why, and what to do."""


def release_before(folder: Path) -> str:
    """Unpack it into `folder`; its commit. Raises NoHistory."""
    try:
        commit = _last_commit_without(FIRST_OF_THIS_RELEASE)
        packed = _git("archive", "--format=tar", commit, "service", "workers", "migrations")
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        raise NoHistory(
            "the release before this one is not in git's history here, so no rolling upgrade can be tried "
            f"(fetch all of it: git fetch --unshallow): {said.decode(errors='replace').strip()}"
        ) from error
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    if list((folder / MIGRATIONS).glob(f"{FIRST_OF_THIS_RELEASE}_*")):
        raise NoHistory(f"{commit} knows {FIRST_OF_THIS_RELEASE} already: all of git's history is needed")
    return commit


def _last_commit_without(revision: str) -> str:
    """The parent of the one that brought it; today's, as long as nobody has committed it."""
    found = _git("log", "--diff-filter=A", "--format=%H", "--", f"{MIGRATIONS}/{revision}_*").decode().split()
    return _git("rev-parse", "--verify", f"{found[-1]}^" if found else "HEAD").decode().strip()


def _git(*arguments: str) -> bytes:
    command = ["git", "-c", f"safe.directory={ROOT}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
