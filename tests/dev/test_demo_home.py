"""Where a demo keeps its files: for one at a time, kept or gone afterwards, swept after one that was killed."""

import tempfile
from pathlib import Path

import pytest

from service.dev.demo_home import home_of_demo
from service.dev.installation import InstallationFailed


def killed_demo(root: Path) -> Path:
    """The folder that a demo leaves when it is killed: its lock is there, and nobody holds it."""
    folder = Path(tempfile.mkdtemp(prefix="beatline-demo-", dir=root))
    (folder / "demo.lock").touch()
    (folder / "demo.json").write_text("{}")
    return folder


def test_a_given_folder_is_made_and_kept(tmp_path: Path) -> None:
    with home_of_demo(tmp_path / "new" / "folder") as home:
        (home / "demo.json").write_text("{}")

    assert (tmp_path / "new" / "folder" / "demo.json").exists()


def test_a_given_folder_is_for_one_demo_at_a_time(tmp_path: Path) -> None:
    with (
        home_of_demo(tmp_path),
        pytest.raises(InstallationFailed, match="used by another demo"),
        home_of_demo(tmp_path),
    ):
        pass


def test_a_given_folder_may_be_used_again(tmp_path: Path) -> None:
    for _ in range(2):
        with home_of_demo(tmp_path) as home:
            assert home == tmp_path


def test_a_folder_of_our_own_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with home_of_demo(None, root=tmp_path) as home:
        assert home.stat().st_mode & 0o077 == 0

    assert not home.exists()


def test_what_a_killed_demo_left_is_swept_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    left = killed_demo(tmp_path)
    with home_of_demo(None, root=tmp_path) as living, home_of_demo(None, root=tmp_path):
        assert not left.exists()
        assert living.exists()
