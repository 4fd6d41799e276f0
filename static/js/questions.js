/* A question of a page that saves by itself: words with buttons, above the table. */

/** Shows the words; with `alone` instead of what was asked before. Gives the box for its buttons. */
export function question(text, { alone = false } = {}) {
  const box = document.createElement("div");
  box.className = "alert alert-warning";
  box.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  const place = document.getElementById("questions");
  if (alone) place.replaceChildren(box);
  else place.append(box);
  return box;
}

export function button(text, look, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `btn ${look} btn-sm`;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
