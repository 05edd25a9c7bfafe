"""The one file in the situations that users bring it into: unpacked once, privately, wholly or not at all."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import signal
import stat
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from smkube import __version__
from tests.cluster.binaries import Binaries
from tests.delivered.running import (
    PATIENCE,
    STRANGER,
    User,
    in_mount,
    installed,
    is_root,
    leftovers,
    make_user,
    needs_mounts,
    needs_root,
    one_error,
)

GREETING = f"kubectl-smlogs {__version__}\n"
MONTH = 31 * 86400


def greets(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a run of `version` did what it should, and nothing else."""
    assert (done.stdout, done.stderr, done.returncode) == (GREETING, "", 0)
    return True


def age(path: Path, seconds: float) -> None:
    """Let a file or folder look as if it had not been touched for so long."""
    os.utime(path, (time.time() - seconds,) * 2)


# --- the ways to call it -------------------------------------------------------------------------------------------


def test_alone(alone: Path, place: Path) -> None:
    """The one file works without what lies beside it; the second start uses what the first one unpacked."""
    user = make_user(place, "home")
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    before = folder.stat().st_ino
    assert greets(user.run(alone, "version"))
    assert [path.stat().st_ino for path in installed(user.cache)] == [before]
    assert leftovers(user.cache) == []


def test_read_only_place(alone: Path, place: Path) -> None:
    """A folder that its user cannot write to is good enough for the file."""
    user = make_user(place, "home", STRANGER if is_root else None)
    alone.chmod(0o555)
    alone.parent.chmod(0o555)
    try:
        assert greets(user.run(alone, "version"))
    finally:
        alone.parent.chmod(0o755)
    assert len(installed(user.cache)) == 1


def test_through_links(alone: Path, place: Path) -> None:
    """A link to it, or to a link to it, is as good as the file."""
    user = make_user(place, "home")
    (place / "first").symlink_to(Path("bin") / alone.name)
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "kubectl-smlogs").symlink_to(place / "first")
    assert greets(user.run(place / "elsewhere" / "kubectl-smlogs", "version"))


def test_as_kubectls_plugin(alone: Path, place: Path, cluster_binaries: Binaries) -> None:
    """`kubectl smlogs` finds it on PATH."""
    user = make_user(place, "home")
    user.environment["PATH"] = f"{alone.parent}:/usr/bin:/bin"
    assert greets(user.run(cluster_binaries.kubectl, "smlogs", "version"))


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "busybox sh", "mksh", "zsh"])
def test_read_by_a_shell(alone: Path, place: Path, shell: str) -> None:
    """A shell reads it from the current folder, without a path, for the first and the second time."""
    words = shell.split()
    if shutil.which(words[0], path="/usr/bin:/bin") is None:
        pytest.skip(f"there is no {words[0]} here")
    user = make_user(place, "home")
    for _ in range(2):
        assert greets(user.run(*words, "kubectl-smlogs", "version", cwd=alone.parent))


def test_arguments_arrive_unchanged(alone: Path, place: Path) -> None:
    """Blanks, empty words, patterns and line ends in arguments are the program's affair, at every start."""
    user = make_user(place, "home")
    word = "no such * command\n $HOME \\"
    first, second = user.run(alone, word, ""), user.run(alone, word, "")
    assert "no such * command\n $HOME \\" in first.stderr
    assert (first.stdout, first.stderr, first.returncode) == (second.stdout, second.stderr, second.returncode)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_any_umask(alone: Path, place: Path, umask: int) -> None:
    """Whatever the user's umask, nobody else can write to what is unpacked."""
    user = make_user(place, "home")
    user.umask = umask
    assert greets(user.run(alone, "version"))
    folders = [user.home / ".cache", user.cache, *installed(user.cache)]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 3
    assert not any(path.stat().st_mode & 0o022 for path in user.cache.rglob("*"))


def test_cache_folder_by_variables(alone: Path, place: Path) -> None:
    """KUBECTL_SMLOGS_CACHE goes before XDG_CACHE_HOME, and that before HOME; relative ones mean what users think."""
    user = make_user(place, "home")
    user.environment["XDG_CACHE_HOME"] = str(place / "xdg")
    assert greets(user.run(alone, "version"))
    assert len(installed(place / "xdg" / "kubectl-smlogs")) == 1
    user.environment["KUBECTL_SMLOGS_CACHE"] = "my own"
    assert greets(user.run(alone, "version", cwd=place))
    assert len(installed(place / "my own" / "kubectl-smlogs")) == 1
    assert not user.cache.exists()


# --- first starts that do not go well ------------------------------------------------------------------------------


def test_many_at_once(alone: Path, place: Path) -> None:
    """Several first starts at the same time all work, and leave one folder."""
    user = make_user(place, "home")
    processes = [user.start(alone, "version") for _ in range(4)]
    assert [process.communicate(timeout=PATIENCE) for process in processes] == [(GREETING, "")] * 4
    assert [process.returncode for process in processes] == [0] * 4
    [folder] = installed(user.cache)
    assert leftovers(user.cache) == []
    assert not list(folder.glob(".new*"))


def stopping_gzip(place: Path) -> Path:
    """A folder for PATH with a gzip that stops for good after a part of its output."""
    folder = place / "slow"
    folder.mkdir()
    real = shutil.which("gzip", path="/usr/bin:/bin")
    (folder / "gzip").write_text(f'#!/bin/sh\n{real} "$@" | head -c 3000000\nexec sleep 1000\n')
    (folder / "gzip").chmod(0o755)
    return folder


def wait_for_part(user: User, process: subprocess.Popen[str]) -> None:
    """Wait until a first start has unpacked a part of the program."""
    deadline = time.monotonic() + PATIENCE
    while not list(user.cache.glob(".new-*/_internal/*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_while_it_unpacks(alone: Path, place: Path) -> None:
    """A first start that is killed leaves nothing that a later one would run; a day later its rest is removed."""
    user = make_user(place, "home")
    slow = User(user.home, environment={"PATH": f"{stopping_gzip(place)}:/usr/bin:/bin"})
    with slow.start(alone, "version") as process:
        wait_for_part(user, process)
        os.killpg(process.pid, signal.SIGKILL)
    assert installed(user.cache) == []
    [rest] = leftovers(user.cache)
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    assert leftovers(user.cache) == [rest]
    shutil.rmtree(folder)
    age(rest, 2 * 86400)
    assert greets(user.run(alone, "version"))
    assert leftovers(user.cache) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_it_unpacks(alone: Path, place: Path, number: signal.Signals) -> None:
    """Ctrl-C and its like end a first start at once and without a trace."""
    user = make_user(place, "home")
    slow = User(user.home, environment={"PATH": f"{stopping_gzip(place)}:/usr/bin:/bin"})
    with slow.start(alone, "version") as process:
        wait_for_part(user, process)
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode in (-number, 128 + number)
    assert (out, err.strip()) in [("", ""), ("", "Terminated"), ("", "Hangup")]
    deadline = time.monotonic() + PATIENCE
    while list(user.cache.iterdir()):
        assert time.monotonic() < deadline, list(user.cache.iterdir())
        time.sleep(0.01)


@needs_mounts
def test_full_disk(alone: Path, place: Path) -> None:
    """Where the program has no room, the temporary folder serves; where that is full as well, a line says so."""
    user = make_user(place, "home")
    assert greets(user.run(*in_mount("size=5m", user.home, [alone, "version"])))
    [private] = Path(user.environment["TMPDIR"]).iterdir()
    shutil.rmtree(private)
    done = user.run(*in_mount("size=5m", place / "tmp of home", in_mount("size=5m", user.home, [alone, "version"])))
    assert one_error(done).count("there is not enough space") == 2
    assert "Set KUBECTL_SMLOGS_CACHE to a folder of your own" in one_error(done)


@needs_mounts
def test_where_programs_may_not_run(alone: Path, place: Path) -> None:
    """A cache on a file system without programs is told apart from a broken program."""
    user = make_user(place, "home")
    other = place / "other"
    other.mkdir()
    user.environment["KUBECTL_SMLOGS_CACHE"] = str(other)
    message = one_error(user.run(*in_mount("noexec", other, [alone, "version"])))
    assert f"{other}/kubectl-smlogs is not used: no programs may be run from there" in message
    assert "Set KUBECTL_SMLOGS_CACHE to a folder of your own" in message


@needs_mounts
def test_home_where_programs_may_not_run(alone: Path, place: Path) -> None:
    """Where the home folder may hold no programs, the temporary folder serves, from then on without another try."""
    user = make_user(place, "home")
    twice = ["sh", "-c", '"$0" version && rm -rf "$HOME/.cache" && "$0" version && ls -A "$HOME"', alone]
    done = user.run(*in_mount("noexec", user.home, twice))
    assert (done.stdout, done.stderr, done.returncode) == (GREETING * 2, "", 0)


def test_damaged_file(alone: Path, place: Path) -> None:
    """A file that was not copied to its end says that, whatever part is missing."""
    user = make_user(place, "home")
    os.truncate(alone, alone.stat().st_size - 1000)
    assert f"{alone} is damaged or not all there: download it again." in one_error(user.run(alone, "version"))
    assert list(user.cache.iterdir()) == []


def test_damaged_cache(alone: Path, place: Path) -> None:
    """A program that somebody deleted from the cache is unpacked again, in place of what is left."""
    user = make_user(place, "home")
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    (folder / "kubectl-smlogs").unlink()
    shutil.rmtree(folder / "_internal" / "botocore")
    assert greets(user.run(alone, "version"))
    assert (folder / "_internal" / "botocore").is_dir()
    assert leftovers(user.cache) == []


def test_without_tar(alone: Path, place: Path) -> None:
    """Where tar and gzip are missing, as in small containers, Python's own unpack it; without any, a line says so."""
    tools = place / "tools"
    tools.mkdir()
    for name in ("find", "id", "ls", "mkdir", "mv", "rm", "sh", "uname"):
        (tools / name).symlink_to(str(shutil.which(name, path="/usr/bin:/bin")))
    user = make_user(place, "home")
    user.environment["PATH"] = str(tools)
    assert "install tar and gzip, which are needed at the first start." in one_error(user.run(alone, "version"))
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("there is no python3 in /usr/bin")
    (tools / "python3").symlink_to(python)
    assert greets(user.run(alone, "version"))


def with_program(alone: Path, script: str) -> Path:
    """The one file with a shell script in place of the program."""
    content = alone.read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("kubectl-smlogs")
        entry.mode, entry.size = 0o755, len(script)
        archive.addfile(entry, io.BytesIO(script.encode()))
    alone.write_bytes(content[: content.index(b"\x1f\x8b\x08")] + gzip.compress(buffer.getvalue()))
    return alone


def test_program_that_does_not_run_here(alone: Path, place: Path) -> None:
    """A program that the system's C library is too old for, or of another machine, is not kept, and a line says why."""
    user = make_user(place, "home")
    script = "#!/bin/sh\necho \"libc.so.6: version 'GLIBC_9.99' not found\" >&2\necho more >&2\nexit 1\n"
    message = one_error(user.run(with_program(alone, script), "version"))
    assert "does not run on this system" in message
    assert "version 'GLIBC_9.99' not found. Install the Python package instead." in message
    assert list(user.cache.iterdir()) == []


def test_program_gets_what_the_file_got(alone: Path, place: Path) -> None:
    """Environment and umask reach the program unchanged, at every start."""
    user = make_user(place, "home")
    user.umask = 0o027
    user.environment |= {"TAR_OPTIONS": "--verbose", "GZIP": "-v", "LC_ALL": "de_DE.UTF-8"}
    program = with_program(alone, "#!/bin/sh\numask\nexec env\n")
    for _ in range(2):
        done = user.run(program)
        umask, *names = done.stdout.splitlines()
        assert umask == "0027"
        assert {"TAR_OPTIONS=--verbose", "GZIP=-v", "LC_ALL=de_DE.UTF-8"} <= set(names)
        assert f"HOME={user.home}" in names
        assert (done.stderr, done.returncode) == ("", 0)


# --- users and their rights ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", [None, "", "/nonexistent/home", "/proc"])
def test_without_a_home(alone: Path, place: Path, home: str | None) -> None:
    """Without a home folder to write to, a private folder in the temporary one serves, for later starts as well."""
    user = make_user(place, "home", STRANGER if is_root else None)
    command: list[str | Path] = ["env", "-u", "HOME", alone] if home is None else ["env", f"HOME={home}", alone]
    assert greets(user.run(*command, "version"))
    [private] = Path(user.environment["TMPDIR"]).iterdir()
    assert private.name == f"kubectl-smlogs-{user.id or os.getuid()}"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    [folder] = installed(private)
    assert greets(user.run(*command, "version"))
    assert installed(private) == [folder]


@needs_root
def test_two_users(alone: Path, place: Path) -> None:
    """Two users run the same file, each with a copy of their own."""
    users = [make_user(place, "first", STRANGER), make_user(place, "second", STRANGER - 1)]
    processes = [user.start(alone, "version") for user in users]
    assert [process.communicate(timeout=PATIENCE) for process in processes] == [(GREETING, "")] * 2
    assert [folder.stat().st_uid for user in users for folder in installed(user.cache)] == [STRANGER, STRANGER - 1]


@needs_root
def test_home_of_another_user(alone: Path, place: Path) -> None:
    """With `sudo`, nothing of the other user is run, and nothing is left in that home."""
    other = make_user(place, "home", STRANGER)
    assert greets(other.run(alone, "version"))
    [planted] = installed(other.cache)
    (planted / "kubectl-smlogs").write_text("#!/bin/sh\necho planted\n")
    temporary = place / "tmp of root"
    temporary.mkdir()
    root = User(other.home, environment={"TMPDIR": str(temporary)})
    assert greets(root.run(alone, "version"))
    assert len(installed(temporary / "kubectl-smlogs-0")) == 1
    shutil.rmtree(other.home / ".cache")
    assert greets(root.run(alone, "version"))
    assert list(other.home.iterdir()) == []


@needs_root
def test_cache_of_another_user_is_refused(alone: Path, place: Path) -> None:
    """What another user has unpacked, or planted, is never run, and a line says why."""
    shared = place / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    first, second = make_user(place, "first", STRANGER), make_user(place, "second", STRANGER - 1)
    first.environment["KUBECTL_SMLOGS_CACHE"] = second.environment["KUBECTL_SMLOGS_CACHE"] = str(shared)
    assert greets(first.run(alone, "version"))
    cache = shared / "kubectl-smlogs"
    [planted] = installed(cache)
    cache.chmod(0o755)
    planted.chmod(0o755)
    message = one_error(second.run(alone, "version"))
    assert f"{cache} is not used: it belongs to another user" in message
    os.chown(cache, STRANGER - 1, STRANGER - 1)
    # Now the folder is the user's, and the program in it somebody else's: it is replaced.
    assert greets(second.run(alone, "version"))
    assert [folder.stat().st_uid for folder in installed(cache)] == [STRANGER - 1]


@needs_root
def test_temporary_folder_of_another_user_is_refused(alone: Path, place: Path) -> None:
    """A folder that somebody else made in the temporary folder beforehand is not used, nor is a link."""
    temporary = place / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    user = User(Path("/nonexistent"), STRANGER, {"TMPDIR": str(temporary)})
    private = temporary / f"kubectl-smlogs-{STRANGER}"
    private.mkdir()
    private.chmod(0o777)
    assert f"{private} is not used: it belongs to another user" in one_error(user.run(alone, "version"))
    private.rmdir()
    own = make_user(place, "own", STRANGER)
    private.symlink_to(own.home)
    assert f"{private} is not used: it is a link" in one_error(user.run(alone, "version"))
    assert list(own.home.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_cache_that_others_can_write_to_is_refused(alone: Path, place: Path, mode: int) -> None:
    """A folder that others can write to is not used, even the user's own."""
    user = make_user(place, "home")
    user.cache.mkdir(parents=True)
    user.cache.chmod(mode)
    assert greets(user.run(alone, "version"))
    assert list(user.cache.iterdir()) == []
    user.environment["KUBECTL_SMLOGS_CACHE"] = str(user.home / ".cache")
    assert f"{user.cache} is not used: other users can write to it" in one_error(user.run(alone, "version"))


def test_place_that_others_can_write_to_is_refused(alone: Path, place: Path) -> None:
    """In a folder where others can rename the cache, none is made; the sticky bit of /tmp makes it safe."""
    user = make_user(place, "home")
    shared = place / "shared"
    shared.mkdir()
    user.environment["KUBECTL_SMLOGS_CACHE"] = str(shared)
    shared.chmod(0o777)
    assert f"other users can write to {shared}" in one_error(user.run(alone, "version"))
    shared.chmod(0o1777)
    assert greets(user.run(alone, "version"))


def test_cache_that_became_read_only(alone: Path, place: Path) -> None:
    """Once unpacked, the program runs from a cache that cannot be written to any more."""
    user = make_user(place, "home", STRANGER if is_root else None)
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    folder.chmod(0o500)
    (folder / ".used").chmod(0o400)
    assert greets(user.run(alone, "version"))


# --- old versions --------------------------------------------------------------------------------------------------


def test_old_versions(alone: Path, place: Path) -> None:
    """A new version takes away those that were not used for a month, and nothing else."""
    user = make_user(place, "home")
    user.cache.mkdir(parents=True, mode=0o700)
    user.cache.chmod(0o700)
    for name, seconds in (("0.0.1-aaaaaaaaaaaa", MONTH), ("0.0.2-bbbbbbbbbbbb", MONTH / 2)):
        (user.cache / name).mkdir()
        (user.cache / name / ".used").touch()
        age(user.cache / name / ".used", seconds)
    (user.cache / "something else").mkdir()
    age(user.cache / "something else", MONTH)
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    assert {path.name for path in user.cache.iterdir()} == {"0.0.2-bbbbbbbbbbbb", "something else", folder.name}


def test_each_start_counts_as_use(alone: Path, place: Path) -> None:
    """A start sets back the month."""
    user = make_user(place, "home")
    assert greets(user.run(alone, "version"))
    [folder] = installed(user.cache)
    age(folder / ".used", MONTH)
    assert greets(user.run(alone, "version"))
    assert time.time() - (folder / ".used").stat().st_mtime < MONTH / 2
