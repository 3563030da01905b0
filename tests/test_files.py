"""A file that is replaced is read whole, whenever it is read."""

import json
import threading

from hub.files import replace


def test_a_reader_never_sees_a_part(tmp_path):
    """While it is written a thousand times, every reading is one of the texts."""
    path, texts = tmp_path / "up.json", [json.dumps({"n": "x" * size}) for size in (10, 50_000)]
    replace(path, texts[0])
    done = threading.Event()

    def write() -> None:
        for count in range(1000):
            replace(path, texts[count % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_text())
    writer.join()
    assert seen <= set(texts)
    assert [file.name for file in tmp_path.iterdir()] == ["up.json"]


def test_a_secret_is_never_readable_by_others(tmp_path):
    """The mode holds from the first byte."""
    path = tmp_path / "secret"
    replace(path, "s", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
