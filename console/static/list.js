// The list renews itself when something happens, unless somebody is choosing rows or looks at an older page.
"use strict";

(() => {
  const rows = document.getElementById("righe");
  const news = document.getElementById("novita");
  let asking = false;
  let again = false;

  const renew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const html = await console_read(rows.dataset.rows);
      if (html === null) return;
      const focused = document.activeElement?.closest("#righe tr")?.id;
      const parsed = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
      const before = rows.firstElementChild?.id;
      rows.replaceChildren(...parsed.querySelectorAll("tr"));
      if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
      const first = rows.firstElementChild;
      if (first && first.id !== before) announce("La lista è aggiornata: c'è un nuovo messaggio.");
    } finally {
      asking = false;
      // No more than once a second and a half, however much is written.
      setTimeout(() => { if (again) { again = false; renew(); } }, 1500);
    }
  };

  console_events("/eventi", (event) => {
    const choosing = rows.querySelector("input:checked") || "later" in rows.dataset;
    if (!choosing) renew();
    else if (JSON.parse(event.data ?? "{}").conversations) news.hidden = false;
  });
  // Back after sleep: look again, whatever was missed.
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !("later" in rows.dataset)) renew(); });
  news.querySelector("button").addEventListener("click", () => location.reload());
})();
