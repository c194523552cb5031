// The service worker: keeps the bundle and the offline page for times without a network, and receives what other apps
// share. It never handles requests to /api/: browsers cut off downloads that pass through a worker, and uploads gain
// nothing from one. The server replaces the names in double braces (server/src/http/app_shell/service_worker.rs).

'use strict';

/** The path below which the server is reached, with a slash at its end. Other programs may have the rest of the host. */
const BASE = new URL('.', self.location.href).pathname;
const below = (path) => BASE + path.slice(1);
/** What the names of this server's caches begin with. All programs of a host share one list of caches. */
const OWN = `snapdrop ${BASE} `;
/** The name of the cache. It changes whenever this script or one of the files below changes. */
const VERSION = `${OWN}{{version}}`;
/** The names that caches had before a server could share its host. */
const EARLIER = /^[0-9a-f]{16}$/;
/**
 * The files of the bundle that every page needs. Their names carry a hash of their content, so a copy in the browser's
 * own HTTP cache is always current.
 */
const BUNDLE = ['{{bundle}}'].map(below);
/** Further files of the bundle, each of which is kept when it is first used. */
const PARTS = ['{{parts}}'].map(below);
/** Public files, whose names stay the same when their content changes. */
const PUBLIC = ['{{public}}'].map(below);

const OFFLINE_PAGE = below('/offline');
const API = below('/api/');
const KEPT_PATHS = new Set([...BUNDLE, ...PUBLIC]);

/** Where a page finds what another app shared (app/src/browser/installed_app/share.rs). */
const SHARE_DATABASE = `snapdrop-share${BASE.slice(0, -1)}`;
const SHARE_STORE = 'shares';
const NEWEST_SHARE = 'newest';

self.addEventListener('install', (event) => {
  // This route lets the browser send requests to /api/ to the network without starting the worker.
  const routes = event.addRoutes?.({ condition: { urlPattern: { pathname: `${API}*` } }, source: 'network' });
  event.waitUntil(Promise.all([routes, keepFiles()]));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([forgetOlderFiles(), preloadPages(), self.clients.claim()]));
});

// A new worker waits until the user accepts the update on a page, because the page is reloaded then.
self.addEventListener('message', (event) => {
  if (event.data?.type === 'take_over') self.skipWaiting();
  if (event.data?.type === 'appearance_changed') event.waitUntil(keepOfflinePage());
});

// A click on a notification that a page has shown (app/src/browser/room/notices.rs). Its tag is the PIN of the room.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(showRoom(below(`/r/${event.notification.tag}`)));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || pathname.startsWith(API) || pathname === self.location.pathname) return;

  if (request.method === 'POST' && request.mode === 'navigate' && pathname === below('/share')) {
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

/** Fetches the offline page again, in the language and the colours that the user has chosen since. */
async function keepOfflinePage() {
  const cache = await caches.open(VERSION);
  await cache.add(new Request(OFFLINE_PAGE, { cache: 'no-cache' }));
}

async function forgetOlderFiles() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== VERSION && (name.startsWith(OWN) || (BASE === '/' && EARLIER.test(name)))).map((name) => caches.delete(name)));
}

/**
 * Lets the browser request a page while the worker is still starting (navigation preload). This is done only where a
 * route keeps requests to /api/ away from the worker: elsewhere every download, which is a navigation too, would be
 * requested twice.
 */
async function preloadPages() {
  if ('addRoutes' in (self.InstallEvent?.prototype ?? {})) await self.registration.navigationPreload?.enable();
}

/** The page from the server, or the offline page if the server cannot be reached. */
async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (unreachable) {
    const offline = await find(OFFLINE_PAGE);
    if (offline === undefined) throw unreachable;
    return offline;
  }
}

/** Focuses the window in which the room is open, or opens a new one. */
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
  // `Vary` is ignored. Files vary only in their content coding, and the cache holds them decoded. The offline page varies
  // in language and theme, but only the newest copy is kept.
  return cache.match(request, { ignoreVary: true });
}

/** Keeps what another app shared until the home page takes it. If that failed, the home page says so. */
async function takeShare(request) {
  try {
    const form = await request.formData();
    const words = ['title', 'text', 'url'].map((name) => form.get(name)).filter((text) => typeof text === 'string' && text !== '');
    // A form in which no file was chosen contains an empty file without a name.
    const files = form.getAll('files').filter((file) => file instanceof File && file.name !== '');
    await keepShare({ text: words.join('\n'), files, cameAt: Date.now() });
  } catch (error) {
    console.warn('what was shared could not be kept:', error);
  }
  return Response.redirect(below('/?do=shared'), 303);
}

/**
 * Stores a share in IndexedDB, which keeps files on disk, with their name, type and time, and when it came: a page does not
 * take an old one. It replaces an earlier share that no page has taken.
 */
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
      // The database is closed once the transaction is over.
      database.close();
    };
  });
}
