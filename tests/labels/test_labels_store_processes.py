"""Nothing acknowledged is ever lost by kills or by two processes at once."""

import ast
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from loupe.labels.files import FileLock
from loupe.labels.store import LabelStore, load_table

SOAK = os.environ.get("LOUPE_SOAK") == "1"
KILLS = 1000 if SOAK else 60

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


def test_the_lock_names_its_holder_even_without_a_note(tmp_path):
    path = tmp_path / "lock"
    one, two = FileLock(path), FileLock(path)
    assert one.acquire() is None
    path.write_text("{")
    assert two.acquire() == "another program"
    one.release()
    assert two.acquire() is None
    assert json.loads(path.read_text())["pid"] == os.getpid()
    two.release()


EDITOR = textwrap.dedent(
    """
    import os, random, sys
    from loupe.labels import edit
    from loupe.labels.store import LabelStore

    def work(path, told, seed):
        rng = random.Random(seed)
        out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        store = LabelStore.open(path, writeback=True)
        if store.recovery is not None:
            store.recover()
        rows = [(i.start, i.stop, i.label) for i in store.table]
        os.write(out, repr((0, rows)).encode() + b"\\n")
        for k in range(1, 100000):
            start = rng.randrange(0, 400)
            label = f"s{k}x{seed}"
            store.append(edit.paint(store.table, start, start + 1 + rng.randrange(40), label)[1])
            rows = [(i.start, i.stop, i.label) for i in store.table]
            os.write(out, repr((k, rows)).encode() + b"\\n")
            if k % 7 == 0:
                store.save()

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work(sys.argv[1], sys.argv[2], int(line))
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("dead", flush=True)
    """
)


@pytest.mark.timeout(900)
def test_kill_at_random_points_loses_no_acknowledged_edit(tmp_path):
    """Each round goes on from what the killed one left: the last edit it told us of is there."""
    path, told, script = tmp_path / "k.csv", tmp_path / "told", tmp_path / "editor.py"
    script.write_text(EDITOR)
    rng = random.Random(5)
    acknowledged = 0
    # one process imports everything and forks a fresh editor for each round
    parent = subprocess.Popen(
        [sys.executable, str(script), str(path), str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with parent:
        for seed in range(KILLS):
            told.unlink(missing_ok=True)
            parent.stdin.write(f"{seed}\n")
            parent.stdin.flush()
            pid = int(parent.stdout.readline())
            while not (told.exists() and told.stat().st_size):
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.06))
            os.kill(pid, signal.SIGKILL)
            assert parent.stdout.readline() == "dead\n"
            count, rows = ast.literal_eval(told.read_bytes().split(b"\n")[-2].decode())
            acknowledged += count
            store = LabelStore.open(path, writeback=True)
            assert store.read_only_reason is None
            recovery = store.recover() if store.recovery is not None else None
            found = [(i.start, i.stop, i.label) for i in store.table]
            if found != rows:
                # one edit beyond the last acknowledged may have become durable before the kill
                before = recovery.edits[-1].inverse().apply(store.table)
                assert [(i.start, i.stop, i.label) for i in before] == rows
            assert recovery is None or len(recovery.edits) == recovery.found
            store.close(keep_unsaved=True)
            if path.exists():
                load_table(path)
            assert len([p for p in tmp_path.iterdir() if p.name.endswith(".loupe-tmp")]) <= 1
        parent.stdin.close()
    assert parent.returncode == 0
    assert acknowledged > KILLS


@pytest.mark.timeout(900)
def test_two_processes_race_for_one_file(tmp_path):
    """Whoever has the lock edits; nobody's edit is lost, and nobody overwrites another's."""
    path = tmp_path / "r.csv"
    script = tmp_path / "racer.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from loupe.labels import edit
            from loupe.labels.store import LabelStore

            path, who, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
            done = 0
            while done < count:
                store = LabelStore.open(path, writeback=True)
                if store.read_only_reason is None:
                    start = 10.0 * (2 * done + who)
                    store.append(edit.paint(store.table, start, start + 5, f"p{who}")[1])
                    store.save()
                    done += 1
                store.close()
                time.sleep(0.001 if done % 5 else 0.01)
            """
        )
    )
    count = 1000 if SOAK else 60
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    racers = [
        subprocess.Popen([sys.executable, str(script), str(path), str(who), str(count)], env=env)
        for who in (0, 1)
    ]
    assert [racer.wait() for racer in racers] == [0, 0]
    table = load_table(path).table
    assert len(table) == 2 * count
    assert sorted(set(table.labels())) == ["p0", "p1"]
