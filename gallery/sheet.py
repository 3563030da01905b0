"""The contact sheet: every picture of a run on one page."""

from html import escape
from itertools import groupby
from pathlib import Path

from gallery.shots import Shot

_HEAD = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<title>图册 Gallery</title>
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 24px; background: #d9dcdf; color: #14181b; }
  ul { display: flex; flex-wrap: wrap; gap: 16px; padding: 0; list-style: none; }
  img { display: block; height: 240px; max-width: 640px; object-fit: contain; background: #fff; }
  figure { margin: 0; }
  .bad { outline: 4px solid #b3261e; }
</style>
"""


def written(shots: list[Shot], into: Path) -> Path:
    """Write `index.html` beside the pictures; its path."""
    parts = [_HEAD]
    for (world, page), some in groupby(shots, key=lambda shot: (shot.world, shot.page)):
        parts.append(f"<h2>{escape(world)} · {escape(page)}</h2>\n<ul>\n")
        parts += [_one(shot, into) for shot in some]
        parts.append("</ul>\n")
    file = into / "index.html"
    file.write_text("".join(parts), encoding="utf-8")
    return file


def _one(shot: Shot, into: Path) -> str:
    link = escape(shot.file.relative_to(into).as_posix())
    said = "".join(f"<br>{escape(line)}" for line in shot.complaints)
    bad = ' class="bad"' if shot.complaints else ""
    words = f"{shot.width} · {shot.language} · {shot.theme}"
    return (
        f'<li{bad}><figure><a href="{link}"><img loading="lazy" src="{link}"'
        f' alt="{escape(str(shot))}">'
        f"</a><figcaption>{words}{said}</figcaption></figure></li>\n"
    )
