// Requests renew themselves; whoever wants hears a sound for a new one. The sound is made here: no file, no network.
"use strict";

(() => {
  const place = document.getElementById("richieste");
  const button = document.getElementById("suono");
  const KEY = "sportello-suono";
  const TITLE = document.title;
  let audio = null;
  let known = news();

  function news() {
    return new Set([...place.querySelectorAll("[data-new]")].map((row) => row.dataset.new));
  }

  function ring() {
    if (button.getAttribute("aria-pressed") !== "true") return;
    audio ??= new AudioContext();
    audio.resume();
    [660, 880].forEach((pitch, turn) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + turn * 0.2;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.25);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.25);
    });
  }

  function setSound(on) {
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Suono per le nuove richieste: acceso" : "Suono per le nuove richieste: spento";
    localStorage.setItem(KEY, on ? "on" : "");
  }

  async function renew() {
    // Not while somebody is on a row: it would move under their hand.
    const html = await console_read(place.dataset.rows);
    if (html === null) return;
    const focused = document.activeElement?.closest("#richieste tr")?.id;
    const which = document.activeElement?.tagName;
    const parsed = new DOMParser().parseFromString(html, "text/html");
    place.replaceChildren(...parsed.body.childNodes);
    if (focused) document.getElementById(focused)?.querySelector(which === "BUTTON" ? "button" : "a")?.focus();
    const now = news();
    if ([...now].some((one) => !known.has(one))) {
      announce("C'è una novità tra le richieste.");
      ring();
    }
    known = now;
    const counted = place.querySelector("[data-waiting]");
    const waiting = counted ? Number(counted.dataset.waiting) : place.querySelector("tbody")?.querySelectorAll("form").length || 0;
    document.title = `${waiting ? `(${waiting}) ` : ""}${TITLE}`;
  }

  button.hidden = false;
  setSound(localStorage.getItem(KEY) === "on");
  button.addEventListener("click", () => { setSound(button.getAttribute("aria-pressed") !== "true"); ring(); });

  console_events("/eventi", renew);
  setInterval(renew, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
})();
