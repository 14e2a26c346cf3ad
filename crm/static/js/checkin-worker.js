// Keeps the check-in page of one event on the device: the network first, what was kept when it fails.
const PAGE = new URL("./", self.location).pathname;
const KEPT = `pointage:${PAGE}`;
const PATIENCE = 4000; // milliseconds: a network that does not answer by then is no network

async function keepAll() {
  const cache = await caches.open(KEPT);
  const page = await fetch(PAGE);
  if (!page.ok || page.redirected) throw new Error("signed out");
  const html = await page.clone().text();
  const links = [...html.matchAll(/(?:<link[^>]+href|<script[^>]+src)="([^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&"));
  await cache.put(PAGE, page);
  await cache.addAll(links);
}

async function answer(request, name) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await Promise.race([fetch(request), new Promise((_, fail) => { setTimeout(fail, PATIENCE); })]);
    if (fresh.ok && !fresh.redirected) await cache.put(name, fresh.clone());
    return fresh;
  } catch {
    return (await cache.match(name)) ?? (await cache.match(PAGE)) ?? Response.error();
  }
}

self.addEventListener("install", (event) => { self.skipWaiting(); event.waitUntil(keepAll()); });
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isPage = url.pathname === PAGE;
  const kept = isPage || ["style", "script", "image"].includes(request.destination);
  if (request.method !== "GET" || url.origin !== self.location.origin || !kept) return;
  event.respondWith(answer(request, isPage ? PAGE + url.search.replace(/[?&]billet=[^&]*/, "") : request));
});
