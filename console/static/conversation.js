// One conversation followed live: new messages appear, and are announced once, from the region apart.
"use strict";

(() => {
  const list = document.getElementById("messaggi");
  if (!list) return;
  const renew = async () => {
    const answer = await fetch(`${list.dataset.base}/messaggi`, { headers: { "X-Background": "1" } }).catch(() => null);
    if (!answer) return; // the console is being restarted, or the network is away
    if (answer.status === 401 || answer.status === 404) { location.reload(); return; }
    if (!answer.ok) return;
    const before = Number(list.lastElementChild?.dataset.seq || 0);
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.closest("li").id));
    const focused = document.activeElement?.closest("#messaggi li")?.id;
    const parsed = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
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
