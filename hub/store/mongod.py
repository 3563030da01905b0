"""Which mongod to run, what its binary needs, and what its log says went wrong."""

import ctypes
import importlib.util
import json
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from hub.errors import StartError

OLDEST_MAJOR = 6
_HINT = (
    "Type: python3 -m pip install 'liandong[embedded]', or install MongoDB 6 or newer, "
    "or set LIANDONG_MONGODB_URI."
)


def find_mongod() -> Path:
    """The mongod to run: on PATH (6 or newer), else the one in the wheel. Raises StartError."""
    on_path = shutil.which("mongod")
    if on_path and _major(on_path) >= OLDEST_MAJOR:
        return Path(on_path)
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.is_file():
            return binary
    raise StartError("No MongoDB was found.", hint=_HINT)


def _major(binary: str) -> int:
    try:
        answer = subprocess.run(  # noqa: S603  # the mongod on the operator's PATH
            [binary, "--version"], capture_output=True, timeout=10, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0  # it does not run here, so it is not the one to use
    version = re.search(r"v(\d+)\.", answer.stdout)
    return int(version[1]) if version else 0


def provide_libcurl(data_dir: Path, environment: dict[str, str]) -> None:
    """Put the libcurl inside the pycurl wheel on the loader's path where the system has none."""
    with suppress(OSError):
        ctypes.CDLL("libcurl.so.4")
        return
    spec = importlib.util.find_spec("pycurl")
    site = Path(spec.origin).parent if spec and spec.origin else None
    if site and site.name == "pycurl":
        site = site.parent
    bundled = sorted((site / "pycurl.libs").glob("libcurl-*.so.4*")) if site else []
    if not bundled:
        raise StartError("libcurl.so.4 is missing.", hint="Type: apt-get install libcurl4")
    folder = data_dir.resolve() / "lib"
    folder.mkdir(exist_ok=True)
    link = folder / "libcurl.so.4"
    link.unlink(missing_ok=True)
    link.symlink_to(bundled[0])
    # the wheel's libcurl looks for its own dependencies beside itself
    paths = [str(folder), str(bundled[0].parent), environment.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = ":".join(path for path in paths if path)


def complaint(log: Path) -> str:
    """What mongod's log says is wrong, in one line: its first error, else its last plain line."""
    plain = f"see {log}"
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            plain = line.strip() or plain  # the loader and the option parser speak plain text
            continue
        if isinstance(entry, dict) and entry.get("s") in {"E", "F"}:
            error = entry.get("attr", {}).get("error", "")
            detail = error.get("errmsg", "") if isinstance(error, dict) else error
            return f"{entry['msg']} {detail}".strip()[:300]
    return plain[:300]
