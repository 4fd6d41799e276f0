/* Sends what waits: one at a time, in order, each with a key that makes a repeat harmless. Of several tabs one sends.
   What was not answered by the journal itself in so many words was not saved. */

const PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 9000;
const PATIENCE_MS = 20000;
const LEASE_MS = 30000;

const ME = Math.random().toString(36).slice(2);

/* One tab at a time. Without navigator.locks (plain http) a lease in localStorage; a repeat would be harmless anyway. */
async function alone(name, act) {
  if (navigator.locks) return navigator.locks.request(name, act);
  const [owner, until] = (localStorage.getItem(`lock:${name}`) || ":0").split(":");
  if (owner !== ME && Number(until) > Date.now()) return undefined;
  localStorage.setItem(`lock:${name}`, `${ME}:${Date.now() + LEASE_MS}`);
  try {
    return await act();
  } finally {
    localStorage.removeItem(`lock:${name}`);
  }
}

function limited(milliseconds) {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), milliseconds);
  return stop.signal;
}

/** What stands on a sheet by the server: null without network, {signedOut: true} when nobody is signed in. */
export async function load(page) {
  try {
    const answer = await fetch(`${page}state/`, {
      headers: { Accept: "application/json", "X-Background": "1" },
      redirect: "manual",
      signal: limited(PATIENCE_MS),
    });
    if (answer.status === 401 || answer.type === "opaqueredirect") return { signedOut: true };
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** `tell` is called with what happens: saving, waiting(words), signedOut(other), saved(item, body), mismatch(item,
    stands), refused(item, words). The last three come after the item has left the queue, but for a mismatch. */
export class Sender {
  constructor(queue, token, tell) {
    this.queue = queue;
    this.token = token;
    this.tell = tell;
    this.failures = 0;
    this.renewed = false;
    if ("BroadcastChannel" in window) {
      this.channel = new BroadcastChannel("presses");
      this.channel.onmessage = ({ data }) => {
        if (data.account === queue.account) tell.saved(data.item, data.body);
      };
    }
    window.addEventListener("online", () => this.wake());
  }

  next() {
    return this.queue.all().find((item) => !item.held);
  }

  async wake() {
    clearTimeout(this.timer);
    if (this.running || !this.next()) return;
    this.running = true;
    this.stopped = false;
    try {
      await alone(`presses:${this.queue.account}`, async () => {
        let item;
        while ((item = this.next()) && (await this.sendOne(item)));
      });
    } finally {
      this.running = false;
    }
    // Something pressed in between, or another tab was sending.
    if (this.next() && !this.stopped) this.timer = setTimeout(() => this.wake(), this.pause());
  }

  pause() {
    return this.failures ? Math.min(PAUSE_MS * 1.5 ** (this.failures - 1), LONGEST_PAUSE_MS) : 0;
  }

  /* Whether the next one may follow. */
  async sendOne(item) {
    this.tell.saving();
    let answer, body;
    try {
      answer = await this.post(item);
      body = await answer.json().catch(() => null);
    } catch {
      return this.wait("нет сети");
    }
    if (answer.status === 401 || answer.type === "opaqueredirect") return this.stop(false);
    if (answer.status === 403) return this.renewToken(item);
    this.renewed = false;
    if (answer.ok && body?.at) {
      this.done(item);
      this.channel?.postMessage({ account: this.queue.account, item, body });
      this.tell.saved(item, body);
    } else if (answer.status === 409 && body?.mismatch) {
      this.failures = 0;
      this.tell.mismatch(item, body.mismatch);
    } else if (answer.status === 404) {
      this.done(item);
      this.tell.refused(item, "этот лист вам больше не открыт");
    } else if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      this.done(item);
      this.tell.refused(item, body?.refused || "сервер не принял отметку, обновите страницу");
    } else return this.wait("школа не отвечает"); // also a page of somebody between us and the school
    return true;
  }

  done(item) {
    this.failures = 0;
    this.queue.remove(item);
  }

  post(item) {
    const fields = { account: this.queue.account, key: item.key };
    if (item.kind === "press") fields.press = `${item.pupil}:${item.place}:${item.expected}:${item.puts}`;
    for (const name of ["undoes", "announcement", "why"]) if (item[name]) fields[name] = item[name];
    return fetch(`${item.page}${item.kind === "roll" ? "roll-call" : "press"}/`, {
      method: "POST",
      headers: { "X-CSRFToken": this.token, Accept: "application/json" },
      body: new URLSearchParams(fields),
      redirect: "manual",
      signal: limited(PATIENCE_MS),
    });
  }

  wait(words) {
    this.failures += 1;
    this.tell.waiting(words);
    return false;
  }

  stop(other) {
    this.stopped = true;
    this.tell.signedOut(other);
    return false;
  }

  /* Signed in again in another tab: the page's token is old, the session is good, if it is the same person's. */
  async renewToken(item) {
    const news = this.renewed ? null : await load(item.page);
    if (news?.signedOut) return this.stop(false);
    if (!news) return this.wait("не удалось отправить");
    if (String(news.user) !== this.queue.account) return this.stop(true);
    this.token = news.csrf;
    this.renewed = true;
    return true;
  }
}
