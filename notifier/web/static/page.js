"use strict";
// Keeps a live page up to date: when the bot has judged something, the same page is asked for again
// and only what differs is put in place. Without this script the page reloads itself.
// All HTML comes escaped from our own server, and the page's policy lets no other script run.

const PAUSE = 1500; // milliseconds between two looks, however much happens
const live = document.getElementById("live");
let shown = document.body.dataset.live;
let wanted = shown;
let looking = false;

function state(on) {
  const sign = live.querySelector(".state");
  sign.hidden = false;
  sign.classList.toggle("off", !on);
  sign.textContent = on ? live.dataset.on : live.dataset.off;
}

// Make an element's children those of a fresh one. What has a key and reads the same stays as it
// is, so that focus, selection and unfolded details stay with their reader.
function refresh(old, fresh) {
  const known = new Map();
  for (const each of old.children) if (each.dataset.key) known.set(each.dataset.key, each);
  const wantedChildren = [...fresh.childNodes].map((each) => {
    const before = each.dataset?.key && known.get(each.dataset.key);
    if (!before) {
      if (each.dataset?.key && known.size) each.classList.add("new");
      return each;
    }
    known.delete(each.dataset.key);
    if (before.outerHTML === each.outerHTML) return before;
    if (before.querySelector("[data-key]") || each.querySelector("[data-key]")) {
      merge(before, each);
      return before;
    }
    return each;
  });
  old.replaceChildren(...wantedChildren);
}

// A part that holds lists: those are refreshed one by one, the rest is replaced.
function merge(old, fresh) {
  const lists = new Map();
  for (const list of old.querySelectorAll("ul")) lists.set(list.className, list);
  for (const list of fresh.querySelectorAll("ul")) {
    const before = lists.get(list.className);
    if (!before) continue;
    refresh(before, list);
    list.replaceWith(before);
  }
  old.replaceChildren(...fresh.childNodes);
}

function put(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  let news = false;
  const unfolded = [...document.querySelectorAll("details[id][open]")].map((each) => each.id);
  const focus = document.activeElement;
  const place = placeOf(focus);
  for (const old of document.querySelectorAll("[data-region]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh || fresh.outerHTML === old.outerHTML) continue;
    news ||= keys(fresh) !== keys(old);
    refresh(old, fresh);
  }
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  restore(focus, place);
  document.title = page.title;
  const asOf = page.getElementById("as-of");
  if (asOf) document.getElementById("as-of").textContent = asOf.textContent;
  if (news && live) document.getElementById("spoken").textContent = `${live.dataset.news}: ${page.title}`;
  return page.body.dataset.live;
}

// Where the focus is: in which item, and on which of what can be reached there.
function placeOf(element) {
  const item = element?.closest("[data-key]");
  return item && { key: item.dataset.key, number: reachable(item).indexOf(element) };
}

function reachable(item) {
  return [...item.querySelectorAll("a, button, input, summary")];
}

function restore(focus, place) {
  if (focus === document.activeElement || !place) return;
  const item = document.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
  const again = focus.isConnected ? focus : item && reachable(item)[place.number];
  again?.focus({ preventScroll: true });
}

function keys(region) {
  return [...region.querySelectorAll("[data-key]")].map((each) => each.dataset.key).join();
}

async function look() {
  if (looking || wanted === shown || document.hidden) return;
  looking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { "X-Live": "1" } });
    if (answer.redirected || answer.status === 401) location.reload();
    if (answer.ok) shown = put(await answer.text()) ?? wanted;
    if (answer.ok) wanted = shown === wanted ? wanted : shown;
  } catch {
    state(false);
  }
  setTimeout(() => {
    looking = false;
    look();
  }, PAUSE);
}

function listen() {
  const events = new EventSource("/live");
  events.addEventListener("open", () => state(true));
  events.addEventListener("version", (event) => {
    wanted = event.data;
    look();
  });
  events.addEventListener("error", () => {
    state(false);
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    wanted = ""; // the session may have ended: the page itself shows that
    look();
    setTimeout(listen, 5000); // or a proxy answered in the bot's stead
  });
}

// On a phone the pages are in one line that scrolls: the present one is to be seen.
document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

if (live) {
  listen();
  document.addEventListener("visibilitychange", look);
}

// A page that waits for a look back is asked for again until the answer is there.
async function follow() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.redirected || answer.status === 401) location.reload();
    const text = await answer.text();
    put(text);
    if (answer.ok && !text.includes(" data-waits>")) return;
  } catch {
    // the bot starts again, or the network rests: asked once more
  }
  setTimeout(follow, PAUSE);
}

if ("waits" in document.body.dataset) follow();

// A silence's form shows what it covers as soon as one of its first fields changes.
const sheet = document.querySelector("form[action='/silences']");
sheet?.addEventListener("change", async (event) => {
  if (!["rule", "entity", "operation"].includes(event.target.name)) return;
  const asked = new URLSearchParams(new FormData(sheet));
  asked.delete("csrf");
  const answer = await fetch(`/silences/new?${asked}`, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("preview").replaceChildren(...page.getElementById("preview").childNodes);
});
