from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure import cgroup, processors
from perfreg.measure.cgroup import Limits, counted, cpu_limit, limits, own_group, pressure_file, throttling
from perfreg.measure.engines import keys
from perfreg.measure.environment import detect

MOUNT = "31 23 0:28 / /sys rw - sysfs sysfs rw\n42 31 0:26 {inside} {point} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"


def machine(root: Path, own: str, groups: dict[str, dict[str, str]], *, inside: str = "/") -> Path:
    """A machine whose control groups are mounted where they usually are; this process is in the group ``own``."""
    proc = root / "proc" / "self"
    proc.mkdir(parents=True)
    (proc / "cgroup").write_text(f"3:cpuset:/\n0::{own}\n")
    (proc / "mountinfo").write_text(MOUNT.format(inside=inside, point="/sys/fs/cgroup"))
    for group, files in groups.items():
        directory = root / "sys" / "fs" / "cgroup" / group
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name).write_text(text)
    return root


def test_a_container_with_limits(tmp_path: Path) -> None:
    root = machine(tmp_path, "/", {"": {"cpu.max": "150000 100000\n", "memory.max": "2000000000\n"}})
    assert limits(root) == Limits(cpus=1.5, memory=2_000_000_000)


def test_the_tightest_limit_on_the_way_up_holds(tmp_path: Path) -> None:
    groups = {
        "": {"cpu.stat": "usage_usec 1\n"},
        "ci.slice": {"cpu.max": "100000 50000\n", "memory.max": "max\n"},
        "ci.slice/job.scope": {"cpu.max": "max 100000\n", "memory.max": "900000000\n"},
        "other.slice": {"cpu.max": "1000 100000\n"},
    }
    assert limits(machine(tmp_path, "/ci.slice/job.scope", groups)) == Limits(cpus=2.0, memory=900_000_000)


@pytest.mark.parametrize("inside", ["/docker/abc", "/docker/abc/"])
def test_a_container_that_sees_the_names_of_its_host(tmp_path: Path, inside: str) -> None:
    root = machine(tmp_path, "/docker/abc/app", {"app": {"cpu.max": "50000 100000"}}, inside=inside)
    assert limits(root).cpus == 0.5


@pytest.mark.parametrize(
    "files",
    [{}, {"cpu.max": "max 100000\n", "memory.max": "max\n"}, {"cpu.max": "", "memory.max": "-5"}, {"cpu.max": "0 0"}],
)
def test_no_limits(tmp_path: Path, files: dict[str, str]) -> None:
    assert limits(machine(tmp_path, "/", {"": files})) == Limits()


def test_systems_without_groups(tmp_path: Path) -> None:
    assert limits(tmp_path) == Limits()
    assert throttling(tmp_path).stopped_us == ()
    assert pressure_file("cpu", tmp_path) == tmp_path / "proc" / "pressure" / "cpu"
    machine(tmp_path, "/gone", {})
    assert limits(tmp_path) == Limits()


def test_how_long_a_limit_stopped_the_group(tmp_path: Path) -> None:
    groups = {
        "": {"cpu.stat": "nr_periods 9\nnr_throttled 9\n"},
        "job": {"cpu.max": "100000 100000", "cpu.stat": "usage_usec 5\nnr_periods 40\nnr_throttled 12\n"},
    }
    assert throttling(machine(tmp_path, "/job", groups)).stopped_us == (1_200_000,)


def test_the_pressure_of_our_own_group(tmp_path: Path) -> None:
    root = machine(tmp_path, "/job", {"job": {"cpu.pressure": "some total=1\n"}})
    assert pressure_file("cpu", root) == root / "sys/fs/cgroup/job/cpu.pressure"
    assert pressure_file("memory", root) == root / "proc/pressure/memory"


def test_limits_are_what_a_container_has_of_its_machine(tmp_path: Path) -> None:
    root = machine(tmp_path, "/", {"": {"cpu.max": "50000 100000", "memory.max": "300000000"}})
    found = detect({}, root=root)
    assert (found.cpus, found.cpu_limit) == (0.5, 0.5)
    assert (found.memory_mb, found.memory_limit_mb) == (300, 300)
    whole = detect({}, root=tmp_path / "nowhere")
    assert whole.cpus == processors.usable(tmp_path / "nowhere") >= 1
    assert (whole.cpu_limit, whole.memory_limit_mb) == (None, None)
    assert whole.key != found.key


def test_more_than_there_is_is_no_limit(tmp_path: Path) -> None:
    root = machine(tmp_path, "/", {"": {"cpu.max": "99900000 100000", "memory.max": "9000000000000000"}})
    found, whole = detect({}, root=root), detect({}, root=tmp_path / "nowhere")
    assert (found.cpus, found.memory_mb, found.key) == (whole.cpus, whole.memory_mb, whole.key)
    assert found.cpu_limit == 999


def test_workers_keep_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "usable", lambda: 8.5)
    assert keys.worker_count("auto", 1000) == 2
    monkeypatch.setattr(processors, "usable", lambda: 0.5)
    assert keys.worker_count("auto", 1000) == 1
    assert keys.worker_count(3, 1000) == 3


@given(st.text(max_size=60), st.text(max_size=60))
def test_texts_that_nobody_expects(left: str, right: str) -> None:
    quota, period = cpu_limit(f"{left} {right}")
    assert period > 0
    assert quota is None or quota > 0
    assert counted(f"{left}\n{right}", "nr_throttled") is None or "nr_throttled" in left + right


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["/a", "/", "/a/b", "/../x", ""]))
def test_a_group_never_leads_out_of_its_tree(left: str, right: str, path: str) -> None:
    found = own_group(f"0::{path}{left}\n{right}", MOUNT.format(inside="/a", point=f"/sys/{right or 'x'}"))
    assert found is None or ".." not in "/".join(found).split("/")


def test_paths_with_spaces() -> None:
    assert own_group("0::/a", MOUNT.format(inside="/", point="/my\\040groups")) == ("/my groups", "a")


def test_this_machine() -> None:
    found = cgroup.limits()
    assert found.cpus is None or found.cpus > 0
    assert found.memory is None or found.memory > 0
