"use strict";
// Puts what is new into the page, once a second. All HTML comes escaped from our own server, and
// the page's policy lets no other script run. Without this script the page reloads itself.

const PAUSE = 1000; // milliseconds
const PATIENCE = 3; // failed looks until the demo is believed to have ended
let version = document.body.dataset.version;
let failed = 0;

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Keep what did not change, so that frames and folded mails stay as the reader left them.
function refresh(list, html) {
  const known = new Map([...list.children].map((each) => [each.dataset.key, each]));
  const atEdge = Math.abs(list.scrollTop) < 40;
  const wanted = [...fragment(html).children].map((fresh) => {
    const old = known.get(fresh.dataset.key);
    if (old && old.dataset.revision === fresh.dataset.revision) return old;
    fresh.classList.add(old ? "changed" : "new");
    return fresh;
  });
  for (const old of known.values()) if (!wanted.includes(old)) old.remove();
  wanted.forEach((each, place) => {
    if (list.children[place] !== each) list.insertBefore(each, list.children[place] ?? null);
  });
  if (atEdge) list.scrollTop = 0;
}

function refreshStrip(html) {
  const strip = document.getElementById("strip");
  const along = strip.querySelector(".scenes")?.scrollLeft ?? 0;
  strip.replaceChildren(fragment(html));
  const scenes = strip.querySelector(".scenes");
  const now = scenes?.querySelector(".now");
  if (scenes) scenes.scrollLeft = now ? now.offsetLeft - scenes.offsetLeft - 16 : along;
}

async function look() {
  try {
    const answer = await fetch(`live?known=${encodeURIComponent(version)}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const news = await answer.json();
    refreshStrip(news.strip);
    if (news.channel !== undefined) refresh(document.getElementById("channel"), news.channel);
    if (news.inbox !== undefined) refresh(document.getElementById("inbox"), news.inbox);
    version = news.version;
    failed = 0;
  } catch {
    failed += 1;
  }
  document.getElementById("ended").hidden = failed < PATIENCE;
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
