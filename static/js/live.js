/* A region that keeps itself fresh: <div data-live="url" data-live-every="30">. The answer holds elements with ids;
   each replaces the element of the same id; one with data-live-done ends it. Without this script the page shows the
   time it was made and is reloaded by hand. A hidden tab asks nothing, and the requests do not keep an empty chair
   signed in (X-Background). */

function exchange(region, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const parts = [...fresh.querySelectorAll("[id]")].filter((part) => region.querySelector(`#${part.id}`));
  const held = document.activeElement?.closest?.("a[href], button[value]");
  const focused = held && (held.matches("a")
    ? `a[href="${CSS.escape(held.getAttribute("href"))}"]`
    : `button[name="${CSS.escape(held.name)}"][value="${CSS.escape(held.value)}"]`);
  for (const part of parts) region.querySelector(`#${part.id}`).replaceWith(document.adoptNode(part));
  // Who stands on a link or a button with the keyboard stays on it.
  if (focused && document.activeElement === document.body) {
    region.querySelector(focused)?.focus({ preventScroll: true });
  }
  return parts.length > 0;
}

async function refresh(region) {
  const state = (words) => {
    const place = region.querySelector("[data-live-state]");
    if (place) place.textContent = words;
  };
  const shown = region.querySelector("[data-live-state]")?.textContent.split(" · ")[0] ?? "";
  try {
    const answer = await fetch(region.dataset.live, { headers: { "X-Background": "1" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") return state(`${shown} · вход завершён, обновите страницу`);
    if (!answer.ok || !exchange(region, await answer.text())) state(`${shown} · не обновляется`);
  } catch {
    state(`${shown} · нет сети`);
  }
}

for (const region of document.querySelectorAll("[data-live]")) {
  let last = Date.now();
  const every = Number(region.dataset.liveEvery) * 1000;
  const tick = () => {
    if (document.hidden || region.querySelector("[data-live-done]") || Date.now() - last < every) return;
    last = Date.now();
    refresh(region);
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}
