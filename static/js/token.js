/* Who signs in again in another tab gets a new CSRF token there: the open page asks for it instead of losing work. */

export async function freshToken() {
  try {
    const answer = await fetch(location.pathname, { headers: { "X-Background": "1" }, redirect: "manual" });
    if (!answer.ok) return "";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector('meta[name="csrf-token"]')?.content || "";
  } catch {
    return "";
  }
}
