/* What waits to be sent, as a card: how many by day, and the way to give them up. */

const MONTHS = "января,февраля,марта,апреля,мая,июня,июля,августа,сентября,октября,ноября,декабря".split(",");

/** «23 ноября» of a sheet's path. */
export function dayWords(page) {
  const [, , month, day] = /(\d{4})-(\d\d)-(\d\d)/.exec(page) || [];
  return day ? `${Number(day)} ${MONTHS[Number(month) - 1]}` : "";
}

function made(tag, text, className = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}

/** Draws the card, or hides it when nothing waits. `act` has open (which sheet is open here) and drop(). */
export function showWaiting(box, queue, act) {
  if (!box) return;
  const items = queue.all();
  const byPage = new Map();
  for (const item of items) byPage.set(item.page, (byPage.get(item.page) || 0) + 1);
  box.replaceChildren();
  box.hidden = !items.length && !queue.hasOthers;
  if (items.length) {
    box.append(made("h2", `Ждут отправки: ${items.length}`));
    const list = box.appendChild(made("ul", "", "list-plain"));
    for (const [page, count] of byPage) {
      const line = list.appendChild(made("li", ""));
      const link = made(page === act.open ? "span" : "a", dayWords(page));
      if (page !== act.open) link.href = page;
      line.append(link, `: ${count}`);
    }
    box.append(made("p", "Хранятся на этом устройстве и отправятся сами, когда появится связь.", "hint"));
    const drop = made("button", "Не отправлять", "btn btn-text btn-sm");
    drop.type = "button";
    drop.addEventListener("click", act.drop);
    box.append(drop);
  }
  if (queue.hasOthers) box.append(made("p", "На этом устройстве ждут отметки другого пользователя: они отправятся, когда он войдёт.", "hint"));
}
