/** The service worker: the app's own files on the phone, and the phone woken by a push. */

declare const FILES: readonly string[];
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

const BASE = '/app/';
const CACHE = `liandong.officer.${VERSION}`;
const OURS = new Set(FILES.map((name) => BASE + name));

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      // past the browser's own cache: an old file under a new version would never be mended
      cache.addAll([...OURS].map((url) => new Request(url, { cache: 'reload' }))),
    ),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith('liandong.officer.') && name !== CACHE)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener('message', (event) => {
  if (event.data === 'take') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== worker.location.origin) return;
  const file = mode === 'navigate' && pathname.startsWith(BASE) ? `${BASE}index.html` : pathname;
  if (!OURS.has(file)) return;
  event.respondWith(held(file, event.request));
});

async function held(file: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(file)) ?? fetch(request);
}

worker.addEventListener('push', (event) => {
  event.waitUntil(wake((event.data?.json() ?? {}) as { event?: string }));
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path } = (event.notification.data ?? {}) as { path?: string };
  event.waitUntil(open(BASE + (path ?? 'orders')));
});

/** A push carries no text: open pages are told to look, and the officer that there is something. */
async function wake({ event }: { event?: string }): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window' });
  for (const page of pages) page.postMessage({ woken: event });
  if (pages.some((page) => page.visibilityState === 'visible')) return;
  await worker.registration.showNotification('联动 Liandong', {
    body: '有新消息，请打开查看 / Something new: open the app',
    tag: 'wake',
    requireInteraction: true,
    icon: `${BASE}icon-192.png`,
  });
}

async function open(url: string): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: 'window' });
  if (!page) return void (await worker.clients.openWindow(url));
  await page.focus();
  page.postMessage({ open: url.slice(BASE.length) });
}
