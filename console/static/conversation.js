// One conversation followed live: new messages appear, and are announced once, from the region apart.
"use strict";

(() => {
  const list = document.getElementById("messaggi");
  if (!list) return;
  const renew = async () => {
    const html = await console_read(`${list.dataset.base}/messaggi`);
    if (html === null) return;
    const before = Number(list.lastElementChild?.dataset.seq || 0);
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.closest("li").id));
    const focused = document.activeElement?.closest("#messaggi li")?.id;
    const parsed = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html");
    list.replaceChildren(...parsed.querySelectorAll("ol > li"));
    for (const id of open) document.getElementById(id)?.querySelectorAll("details").forEach((one) => { one.open = true; });
    if (focused) document.getElementById(focused)?.querySelector("summary, a")?.focus();
    const fresh = [...list.children].filter((one) => Number(one.dataset.seq) > before);
    if (fresh.length) {
      const last = fresh.at(-1);
      announce(`${last.querySelector("h3 span").textContent}: ${last.querySelector("p").textContent}`);
    }
  };
  console_events(`/eventi?conversazione=${list.dataset.conversation}`, renew);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
})();
