import { language } from '../words.svelte';

let zone = 'Asia/Shanghai';
let formats = make();

/** All times are those of the area, wherever the screen stands. */
export function useZone(name: string): void {
  zone = name;
  formats = make();
}

function make() {
  const format = (options: Intl.DateTimeFormatOptions, locale = 'zh-CN') =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
  const minute = { hour: '2-digit', minute: '2-digit' } as const;
  const day = { day: 'numeric', weekday: 'short' } as const;
  return {
    minute: format(minute),
    second: format({ ...minute, second: '2-digit' }),
    day: {
      zh: format({ ...day, month: 'long' }),
      en: format({ ...day, month: 'short' }, 'en-GB'),
    },
    date: format({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'sv-SE'),
  };
}

const NONE = '—';

/** `04:12`, or a dash for what is not known. */
export function minute(at: string | number | null | undefined): string {
  return at === null || at === undefined ? NONE : formats.minute.format(new Date(at));
}

/** `04:12:36`. */
export function second(at: string | number | null | undefined): string {
  return at === null || at === undefined ? NONE : formats.second.format(new Date(at));
}

/** `2月13日周六`, `Sat, 13 Feb`. */
export function day(at: string | number): string {
  return formats.day[language.is].format(new Date(at));
}

/** `2027-02-13`, the area's date. */
export function date(at: string | number): string {
  return formats.date.format(new Date(at));
}

/** Whether both are of one day of the area. */
export function sameDay(a: string | number, b: string | number): boolean {
  return date(a) === date(b);
}

/** A running time: `0:36`, `12:04`, `1:22:40`. */
export function running(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** An age in the largest unit that says it: `3 秒`, `5 分`, `2 小时`, `4 天`. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const zh = language.is === 'zh';
  if (seconds < 90) return zh ? `${seconds}\u00a0秒` : `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return zh ? `${minutes}\u00a0分` : `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return zh ? `${hours}\u00a0小时` : `${hours}\u00a0h`;
  return zh ? `${Math.floor(hours / 24)}\u00a0天` : `${Math.floor(hours / 24)}\u00a0d`;
}
