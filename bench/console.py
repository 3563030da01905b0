"""The console open in a browser while taxis move: its memory, its frames, its CPU.

Minutes by LIANDONG_BENCH_MINUTES (60), taxis by LIANDONG_BENCH_TAXIS (1,000), each once in ten
seconds. Needs Chromium. The browser has the load's core, with mongod.
"""

import asyncio
import math
import os
import shutil
import sys
import time

from playwright.async_api import CDPSession, Page, async_playwright

from bench.latency import drained, position
from bench.world import World

MINUTES = float(os.environ.get("LIANDONG_BENCH_MINUTES", "60"))
TAXIS = int(os.environ.get("LIANDONG_BENCH_TAXIS", "1000"))
EVERY_S = 10.0
"""Seconds between two positions of a taxi."""
WARM_S = 20.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WATCH_FRAMES = """() => {
  const seen = (window.seenFrames = { longest: 0, over: 0, count: 0 });
  let last = performance.now();
  const look = (now) => {
    const took = now - last;
    last = now;
    seen.count += 1;
    seen.longest = Math.max(seen.longest, took);
    if (took > 100) seen.over += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
TAKE_FRAMES = """() => {
  const { longest, over, count } = window.seenFrames;
  Object.assign(window.seenFrames, { longest: 0, over: 0, count: 0 });
  return [longest, over, count];
}"""


async def measure(world: World, _node: bool) -> None:
    """A line a minute, then the first against the last."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        sys.exit("bench: the row console needs Chromium: apt-get install chromium-headless-shell")
    moving = asyncio.create_task(_taxis(world))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await _sign_in(page, world)
        metrics = await page.context.new_cdp_session(page)
        await metrics.send("Performance.enable")
        await asyncio.sleep(WARM_S)  # loading is measured elsewhere
        await page.evaluate(WATCH_FRAMES)
        minutes = range(1, math.ceil(MINUTES) + 1)
        heaps = [await _minute(page, metrics, minute) for minute in minutes]
        await browser.close()
    moving.cancel()
    print(f"heap after the first minute {heaps[0]:.1f} MB, at the end {heaps[-1]:.1f} MB")


async def _minute(page: Page, metrics: CDPSession, minute: int) -> float:
    """Megabytes of script's heap after it, garbage collected."""
    began, busy = time.monotonic(), await _told(metrics, "TaskDuration")
    await page.evaluate(TAKE_FRAMES)
    await asyncio.sleep(60)  # the time is what is measured
    longest, over, count = await page.evaluate(TAKE_FRAMES)
    share = (await _told(metrics, "TaskDuration") - busy) / (time.monotonic() - began)
    await metrics.send("HeapProfiler.collectGarbage")
    heap = await _told(metrics, "JSHeapUsedSize") / 1e6
    nodes = await _told(metrics, "Nodes")
    print(
        f"minute {minute}: heap {heap:.1f} MB, {nodes:.0f} nodes, page busy {share:.0%} of a core,"
        f" {count} frames, longest {longest:.0f} ms, {over} over 100 ms",
        flush=True,
    )
    return heap


async def _told(metrics: CDPSession, name: str) -> float:
    told = await metrics.send("Performance.getMetrics")
    return float(next(one["value"] for one in told["metrics"] if one["name"] == name))


async def _sign_in(page: Page, world: World) -> None:
    await page.goto(f"{world.url}/console/")
    await page.get_by_label("账号", exact=True).fill("watch")
    await page.get_by_label("密码", exact=True).fill("liandong-demo")
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("region", name="地图").wait_for()


async def _taxis(world: World) -> None:
    """Round and round the station, each at its own pace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.taxi)
    reading = asyncio.create_task(drained(reader))
    started, number = time.monotonic(), 0
    try:
        while True:
            taxi, turn = number % TAXIS, number // TAXIS
            angle = taxi + turn * (0.02 + taxi % 7 / 100)
            away = 0.002 + taxi % 40 / 8000
            where = {
                "lat": 31.249 + away * math.sin(angle),
                "lon": 121.455 + away * math.cos(angle),
            }
            writer.write(position(taxi, number, number % 600, **where))
            number += 1
            due = started + number * EVERY_S / TAXIS
            await asyncio.sleep(max(0, due - time.monotonic()))  # the rate is what is given
    finally:
        reading.cancel()
        writer.close()
