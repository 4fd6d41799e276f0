/* The sheets that the service worker keeps for the time without network (offline-worker.js): whose they are, and when
   they have to go. What waits to be sent is kept apart (sheet/queue.js) and stays. */

export const CACHE = "sheets";
export const OWNER = "/offline/owner/";
const LONGEST_MS = 12 * 60 * 60 * 1000;

/** Throws every stored sheet away. */
export async function forgetCopies() {
  if (window.caches) await caches.delete(CACHE);
}

/** Throws them away unless they are the account's own and young enough. An empty account is nobody signed in. */
export async function keepCopiesOf(account) {
  if (!window.caches || !(await caches.has(CACHE))) return;
  const kept = await (await caches.open(CACHE)).match(OWNER);
  const { owner, since } = kept ? await kept.json() : { owner: "", since: 0 };
  const isOwn = account && owner.split(":")[0] === account;
  if (!isOwn || Date.now() - since > LONGEST_MS) await forgetCopies();
}
