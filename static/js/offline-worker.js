/* The service worker, started by /sw.js, which names the static files (FILES), their version, the page «нет сети».
   It keeps day sheets that the server marked (X-Offline-Copy: whose they are), the files they need, and nothing else.
   Pages still say no-store: they are stored here on purpose, and thrown away when the sign-in ends. */

const COPIES = "sheets"; // the same names in stored.js
const OWNER = "/offline/owner/";
const LONGEST_MS = 12 * 60 * 60 * 1000;
const PATIENCE_MS = 4000;
const SHEET = /^\/attendance\/classes\/\d+\/\d{4}-\d\d-\d\d\/$/;
const CLASS = /^\/attendance\/classes\/\d+\/$/;
const files = `files-${self.VERSION}`;
let age = 0; // grows when the copies are thrown away: an answer on its way is then no longer stored

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(files).then((cache) => cache.addAll([self.OFFLINE_PAGE, ...self.FILES])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.clients.claim(), forgetOld(), dropFiles()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method !== "GET") {
    // Signing in or out, a new password, a report of a stolen one.
    if (url.pathname.startsWith("/accounts/")) event.waitUntil(forget());
    if (url.pathname === "/accounts/logout/") event.respondWith(fetch(request).catch(noNetwork));
    return;
  }
  if (SHEET.test(url.pathname) && (request.mode === "navigate" || url.searchParams.has("copy"))) {
    event.respondWith(request.mode === "navigate" ? sheet(event, url) : fromNetwork(event, url));
  } else if (request.mode === "navigate") event.respondWith(otherPage(event, url));
  else if (self.FILES.includes(url.pathname)) event.respondWith(file(request));
});

/* The network first; the copy when it is away, slow, or answers that it cannot. */
async function sheet(event, url) {
  const network = fromNetwork(event, url);
  const kept = await copyOf(url.pathname);
  if (!kept) return network.catch(noNetwork);
  const slow = new Promise((go) => setTimeout(go, PATIENCE_MS));
  const answer = await Promise.race([network.catch(() => null), slow]);
  if (answer && answer.status < 500) return answer;
  event.waitUntil(network.catch(() => null));
  return kept;
}

async function fromNetwork(event, url) {
  const began = age;
  const answer = await fetch(event.request);
  const isPlain = !url.search || url.searchParams.has("copy");
  // A sheet leads elsewhere only when nobody is signed in any more, or has to go through the rules first.
  if (answer.type === "opaqueredirect") await forget();
  else if (answer.status === 404) event.waitUntil(caches.open(COPIES).then((cache) => cache.delete(url.pathname)));
  else if (answer.ok && isPlain) event.waitUntil(store(url.pathname, answer.clone(), began));
  return answer;
}

async function otherPage(event, url) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok && url.pathname === "/accounts/login/") event.waitUntil(forget());
    return answer;
  } catch {
    const day = CLASS.test(url.pathname) && (await newestOf(url.pathname));
    return day ? Response.redirect(day) : noNetwork();
  }
}

async function file(request) {
  const kept = () => caches.match(request, { ignoreSearch: true });
  // Names with a hash never change their content; a developer's do.
  if (self.HASHED) return (await kept()) || fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

async function store(path, answer, began) {
  const owner = answer.headers.get("X-Offline-Copy");
  if (!owner) return;
  const html = await answer.text();
  if (began !== age) return;
  let cache = await caches.open(COPIES);
  const known = await cache.match(OWNER);
  const { owner: before, since } = known ? await known.json() : {};
  if (before !== owner || Date.now() - since > LONGEST_MS) {
    await caches.delete(COPIES);
    cache = await caches.open(COPIES);
    await cache.put(OWNER, new Response(JSON.stringify({ owner, since: Date.now() })));
  }
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  headers.set("X-Stored-At", String(Date.now()));
  headers.set("X-Title", encodeURIComponent(/<title>([^<·]*)/.exec(html)?.[1].trim() || ""));
  await cache.put(path, new Response(html, { headers }));
}

async function copyOf(path) {
  await forgetOld();
  const kept = (await caches.has(COPIES)) && (await (await caches.open(COPIES)).match(path));
  if (!kept) return null;
  const html = await kept.text();
  const marked = html.replace("<html ", `<html data-stored-at="${kept.headers.get("X-Stored-At")}" `);
  return new Response(marked, { headers: kept.headers });
}

async function newestOf(path) {
  await forgetOld();
  const keys = (await caches.has(COPIES)) ? await (await caches.open(COPIES)).keys() : [];
  const days = keys.map((key) => new URL(key.url).pathname).filter((one) => one.startsWith(path) && SHEET.test(one));
  return days.sort().at(-1);
}

async function noNetwork() {
  return (await caches.match(self.OFFLINE_PAGE)) || Response.error();
}

async function forget() {
  age += 1;
  await caches.delete(COPIES);
  await dropFiles();
}

async function forgetOld() {
  const known = (await caches.has(COPIES)) && (await (await caches.open(COPIES)).match(OWNER));
  if (known && Date.now() - (await known.json()).since > LONGEST_MS) await forget();
}

/* Files of older versions go only when no stored sheet may need them any more. */
async function dropFiles() {
  if (await caches.has(COPIES)) return;
  for (const name of await caches.keys()) if (name.startsWith("files-") && name !== files) await caches.delete(name);
}
