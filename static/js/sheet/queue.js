/* Presses that wait to be sent. They outlive a reload, the tab and the browser: localStorage, a key a press, so that
   two tabs that add at once lose nothing. Only ids, dates and letters, tied to the account; no names. */

const START = "press:";
const written = []; // presses with words of their own (a reason of correction): in this page's memory only

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function names() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(START)).sort();
  } catch {
    return []; // a browser that forbids storage: presses then live as long as the page
  }
}

export function makeKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Plain http on a school's own address has no randomUUID.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** {key, page, kind: "press" | "roll", pupil, place, expected, puts, undoes, announcement}; `page` is the sheet's path. */
export class Queue {
  constructor(account) {
    this.account = String(account);
    this.start = `${START}${this.account}:`;
  }

  /** What waits, in the order of the presses. */
  all() {
    const kept = names().filter((name) => name.startsWith(this.start));
    return [...kept.map((name) => ({ ...read(name), name })).filter((item) => item.key), ...written];
  }

  of(page) {
    return this.all().filter((item) => item.page === page);
  }

  /** How many will be sent: all but those that wait for an answer of the person. */
  get length() {
    return this.all().filter((item) => !item.held).length;
  }

  add(fields) {
    const item = { key: makeKey(), kind: "press", ...fields };
    const last = this.all().filter((one) => one.name).at(-1);
    // A clock that was put back must not send a later press first.
    const time = Math.max(Date.now(), last ? Number(last.name.split(":")[2]) + 1 : 0);
    item.name = `${this.start}${String(time).padStart(14, "0")}:${item.key}`;
    if (!item.why && this.keep(item)) return item;
    delete item.name;
    written.push(item);
    return item;
  }

  change(item, fields) {
    Object.assign(item, fields);
    if (item.name) this.keep(item);
  }

  remove(item) {
    if (item.name) localStorage.removeItem(item.name);
    const at = written.findIndex((one) => one.key === item.key);
    if (at >= 0) written.splice(at, 1);
  }

  keep({ name, ...fields }) {
    try {
      localStorage.setItem(name, JSON.stringify(fields));
      return true;
    } catch {
      return false;
    }
  }

  /** Whether something waits that goes with this page. */
  get isFragile() {
    return written.length > 0;
  }

  /** Whether presses of another account wait in this browser. */
  get hasOthers() {
    return names().some((name) => !name.startsWith(this.start));
  }
}
