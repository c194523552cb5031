// The service worker: keeps the program and the page for times without a network, and takes what other apps share.
// It never answers for /api/: browsers cut off downloads that pass a worker, and uploads gain nothing from one.
// The server fills in what stands between double braces (server/src/http/service_worker.rs).

'use strict';

/** Changes with this script and with every file below. */
const VERSION = '{{version}}';
/** Their names carry a hash of their content, so that a copy in the browser's own cache is as good. */
const BUNDLE = ['{{bundle}}'];
/** More of the bundle, kept when it is first used. */
const PARTS = ['{{parts}}'];
/** Files whose names stay when their content changes. */
const PUBLIC = ['{{public}}'];

const OFFLINE_PAGE = '/offline';
const KEPT_PATHS = new Set([...BUNDLE, ...PUBLIC]);

/** Where the page finds what was shared (app/src/browser/installed_app.rs). */
const SHARE_DATABASE = 'snapdrop-share';
const SHARE_STORE = 'shares';
const NEWEST_SHARE = 'newest';

self.addEventListener('install', (event) => {
  // Declared to the browser, so that it does not even start the worker for them.
  const routes = event.addRoutes?.({ condition: { urlPattern: { pathname: '/api/*' } }, source: 'network' });
  event.waitUntil(Promise.all([routes, keepFiles()]));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([forgetOlderFiles(), preloadPages(), self.clients.claim()]));
});

// A new worker waits until the person says so on a page, because that page is loaded again then.
self.addEventListener('message', (event) => {
  if (event.data?.type === 'take_over') self.skipWaiting();
  if (event.data?.type === 'appearance_changed') event.waitUntil(keepOfflinePage());
});

// What a page told through the system (app/src/browser/notices.rs): its tag is the PIN of the room.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(showRoom(`/r/${event.notification.tag}`));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || pathname.startsWith('/api/') || pathname === '/sw.js') return;

  if (request.method === 'POST' && request.mode === 'navigate' && pathname === '/share') {
    event.respondWith(takeShare(request));
  } else if (request.method === 'GET' && request.mode === 'navigate') {
    event.respondWith(page(event));
  } else if (request.method === 'GET' && KEPT_PATHS.has(pathname)) {
    event.respondWith(kept(request));
  } else if (request.method === 'GET' && PARTS.includes(pathname)) {
    event.respondWith(keptFromNowOn(event));
  }
});

async function keepFiles() {
  const cache = await caches.open(VERSION);
  const fresh = PUBLIC.map((path) => new Request(path, { cache: 'no-cache' }));
  await cache.addAll([...BUNDLE, ...fresh]);
}

/** The page for times without a network, in the language and the colours that were chosen since. */
async function keepOfflinePage() {
  const cache = await caches.open(VERSION);
  await cache.add(new Request(OFFLINE_PAGE, { cache: 'no-cache' }));
}

async function forgetOlderFiles() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name)));
}

/**
 * Lets the browser ask for a page while the worker starts. Only where /api/ goes past the worker by its routes:
 * elsewhere every download, being a navigation too, would be asked for twice.
 */
async function preloadPages() {
  if ('addRoutes' in (self.InstallEvent?.prototype ?? {})) await self.registration.navigationPreload?.enable();
}

/** A page as the server has it now; without a network the one that says so. */
async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (unreachable) {
    const offline = await find(OFFLINE_PAGE);
    if (offline === undefined) throw unreachable;
    return offline;
  }
}

/** Brings the room to the front where it is open, else opens it. */
async function showRoom(path) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === path);
  await (open === undefined ? self.clients.openWindow(path) : open.focus());
}

async function kept(request) {
  return (await find(request)) ?? fetch(request);
}

async function keptFromNowOn(event) {
  const known = await find(event.request);
  if (known !== undefined) return known;
  const fresh = await fetch(event.request);
  if (fresh.ok) {
    const copy = fresh.clone();
    event.waitUntil(caches.open(VERSION).then((cache) => cache.put(event.request, copy)));
  }
  return fresh;
}

async function find(request) {
  const cache = await caches.open(VERSION);
  // What varies is only the coding, and what is kept is decoded.
  return cache.match(request, { ignoreVary: true });
}

/** Keeps what another app shared until the first page takes it; the page says so if there is nothing. */
async function takeShare(request) {
  try {
    const form = await request.formData();
    const words = ['title', 'text', 'url'].map((name) => form.get(name)).filter((text) => typeof text === 'string' && text !== '');
    // A form without files carries one that has no name.
    const files = form.getAll('files').filter((file) => file instanceof File && file.name !== '');
    await keepShare({ text: words.join('\n'), files });
  } catch (error) {
    console.warn('what was shared could not be kept:', error);
  }
  return Response.redirect('/?do=shared', 303);
}

/** IndexedDB keeps files with their name, type and time, and on disk. One share replaces another that nobody took. */
function keepShare(share) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(SHARE_DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(SHARE_STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const writing = database.transaction(SHARE_STORE, 'readwrite');
      writing.objectStore(SHARE_STORE).put(share, NEWEST_SHARE);
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
      // Closes once the transaction is over.
      database.close();
    };
  });
}
