/* The card: a line becomes a small form in its place and is saved without leaving the page. Without this file the same
   links and forms reload the page. */

import { freshToken } from "./token.js";

const part = { "X-Part": "1" };

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-fact-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const fact = link.closest(".fact");
  try {
    const answer = await fetch(link.href, { headers: part, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    show(fact, await answer.text());
  } catch {
    location.href = link.href; // signed out, or the network: the page itself says it best
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-fact-form]");
  if (!form) return;
  event.preventDefault();
  save(form);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.target.closest("form[data-fact-form]")?.querySelector("a[data-fact-link]").click();
});

async function save(form, again = true) {
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: part, redirect: "manual" });
    delete form.dataset.sent;
    if (answer.status === 403 || answer.type === "opaqueredirect") return signIn(form, again);
    if (![200, 409, 422].includes(answer.status)) throw new Error(String(answer.status));
    show(form.closest(".fact"), await answer.text(), answer.status === 200 ? null : form);
  } catch {
    delete form.dataset.sent;
    trouble(form, "Нет связи со школой: не сохранено. Набранное на месте, нажмите «Сохранить» ещё раз.");
  }
}

async function signIn(form, again) {
  const token = await freshToken();
  if (token && again) {
    form.elements.csrfmiddlewaretoken.value = token;
    return save(form, false);
  }
  trouble(form, "Сеанс закончился: войдите в новой вкладке и нажмите «Сохранить» ещё раз. Набранное на месте.");
}

function trouble(form, words) {
  const place = form.querySelector(".fact__trouble");
  place.textContent = words;
  place.hidden = false;
}

function show(fact, html, typed = null) {
  const box = document.createElement("div");
  box.innerHTML = html;
  const fresh = box.querySelector(".fact");
  fact.replaceWith(fresh);
  if (typed) keepTyped(typed, fresh);
  const field = fresh.querySelector("input:not([type=hidden]), select");
  if (field) {
    field.focus();
    field.select?.();
  } else fresh.querySelector(".fact__edit")?.focus();
}

/* What the server never sends back (СНИЛС) is still in the form that was sent. */
function keepTyped(old, fresh) {
  for (const field of fresh.querySelectorAll("input[type=text]")) {
    if (!field.value) field.value = old.elements[field.name]?.value || "";
  }
}
