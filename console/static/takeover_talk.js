// While writing to a citizen: what was seen, who is writing, ready-made answers. Without this the page works by reloading.
"use strict";

(() => {
  const list = document.getElementById("messaggi");
  const form = document.getElementById("risposta");
  const box = document.getElementById("testo");
  const typing = document.getElementById("scrive");
  if (!box) return;
  let told = 0;

  const look = async () => {
    const body = await console_read(form.dataset.state);
    if (body === null) return;
    const state = JSON.parse(body);
    if (typing.hidden === state.typing) typing.hidden = !state.typing;
    if (state.typing) setTimeout(look, 3000);
    if (!state.mine && !box.value) location.reload();
  };

  // The messages are renewed by conversation.js: what is shown is what was seen.
  new MutationObserver(() => {
    const last = list.lastElementChild?.dataset.seq;
    if (last) document.querySelectorAll("input[name=visto]").forEach((one) => { one.value = last; });
    look();
  }).observe(list, { childList: true });

  box.addEventListener("input", () => {
    if (Date.now() - told < 3000) return;
    told = Date.now();
    const options = { method: "POST", headers: { "X-CSRF-Token": console_csrf(), "X-Background": "1" } };
    fetch(form.dataset.typing, options).catch(() => {}); // that somebody is writing is worth no second try
  });

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });

  document.getElementById("pronte")?.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-text]");
    if (!chosen) return;
    event.preventDefault();
    box.setRangeText(chosen.dataset.text, box.selectionStart, box.selectionEnd, "end");
    box.focus();
  });

  document.getElementById("cerca")?.addEventListener("input", (event) => {
    const words = event.target.value.toLocaleLowerCase("it").split(/\s+/).filter(Boolean);
    for (const item of document.querySelectorAll("#pronte li")) {
      const said = item.textContent.toLocaleLowerCase("it");
      item.hidden = !words.every((word) => said.includes(word));
    }
  });
})();
