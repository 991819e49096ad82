// The check before a video appointment: camera, microphone, connection. Nothing leaves the device.
"use strict";

const WORDS = {
  untried: "Da provare.",
  asking: "Aspetto il permesso. Scegli «Consenti» nel messaggio del browser.",
  cameraGood: "La camera funziona. Qui sotto ti vedi.",
  listening: "Il microfono è acceso. Parla: di' qualche parola.",
  microphoneGood: "Il microfono funziona: ti sento.",
  microphoneSilent: "Il microfono è acceso, ma non sento niente. Controlla il volume, avvicinati e riprova.",
  measuring: "Provo la connessione.",
  connectionGood: "La connessione va bene.",
  connectionSlow: "La connessione è lenta. Avvicinati al Wi-Fi, o chiudi altri video. Se resta lenta, scegli il telefono.",
  connectionNone: "Non riesco a provare la connessione. Controlla di essere in rete e riprova.",
  again: "Prova di nuovo",
};
const DEVICES = {
  camera: { the: "la camera", none: "Non trovo una camera. Se è esterna al computer, controlla il cavo. Poi riprova." },
  microphone: { the: "il microfono", none: "Non trovo un microfono. Collega un paio di auricolari e riprova." },
};
const SECONDS_TO_SPEAK = 8;
const HEARD = 0.02; // loudness, from 0 to 1, of a voice at arm's length
const GOOD_MEGABITS = 1.5; // a video call of ordinary quality
const DOWNLOAD_MS = 15000;

const at = (id) => document.getElementById(id);
let streams = [];
let running = 0; // number of the present run: what an earlier one still does is dropped

function tell(id, words, state = "") {
  at(id).textContent = words;
  at(id).dataset.state = state;
}

function whatWentWrong(error, device) {
  const { the, none } = DEVICES[device];
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return `Il browser non ha il permesso di usare ${the}. Tocca il simbolo accanto all'indirizzo di questa pagina, ` +
        `scegli «Consenti» per ${the}, poi riprova.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return none;
    case "NotReadableError":
    case "AbortError":
      return `Un altro programma sta usando ${the}. Chiudilo e riprova.`;
    default:
      return `Questo browser non riesce a usare ${the}. Prova con un altro browser, o scegli il telefono.`;
  }
}

async function open(device, wanted, run) {
  tell(device, WORDS.asking);
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  streams.push(stream);
  if (run !== running) close(); // stopped while the browser was asking
  return stream;
}

function close() {
  streams.forEach((stream) => stream.getTracks().forEach((track) => track.stop()));
  streams = [];
}

async function checkCamera(run) {
  try {
    const stream = await open("camera", { video: true }, run);
    if (run !== running) return;
    at("preview").srcObject = stream;
    at("preview").hidden = false;
    await at("preview").play();
    tell("camera", WORDS.cameraGood, "good");
  } catch (error) {
    if (run === running) tell("camera", whatWentWrong(error, "camera"), "bad");
  }
}

async function checkMicrophone(run) {
  let context;
  try {
    const stream = await open("microphone", { audio: true }, run);
    if (run !== running) return;
    context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    at("level").hidden = false;
    tell("microphone", WORDS.listening);
    const heard = await listen(analyser, run);
    if (run === running) tell("microphone", heard ? WORDS.microphoneGood : WORDS.microphoneSilent, heard ? "good" : "bad");
  } catch (error) {
    if (run === running) tell("microphone", whatWentWrong(error, "microphone"), "bad");
  } finally {
    at("level").hidden = true;
    context?.close();
  }
}

async function listen(analyser, run) {
  const wave = new Float32Array(analyser.fftSize);
  const end = performance.now() + SECONDS_TO_SPEAK * 1000;
  let loud = 0;
  while (performance.now() < end && run === running && loud < 3) {
    analyser.getFloatTimeDomainData(wave);
    const loudness = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
    at("level").value = Math.min(1, loudness * 5);
    if (loudness > HEARD) loud += 1; // three times, so that a knock is not taken for a voice
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return loud >= 3;
}

async function checkConnection(run) {
  tell("connection", WORDS.measuring);
  try {
    const start = performance.now();
    const answer = await fetch(at("check").dataset.bytes, { cache: "no-store", signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = (await answer.arrayBuffer()).byteLength;
    const megabits = (bytes * 8) / 1e6 / ((performance.now() - start) / 1000);
    const good = megabits >= GOOD_MEGABITS;
    if (run === running) tell("connection", good ? WORDS.connectionGood : WORDS.connectionSlow, good ? "good" : "bad");
  } catch (error) {
    const slow = error.name === "TimeoutError";
    if (run === running) tell("connection", slow ? WORDS.connectionSlow : WORDS.connectionNone, "bad");
  }
}

function stop() {
  running += 1;
  close();
  at("preview").srcObject = null;
  at("preview").hidden = true;
}

async function start() {
  stop();
  const run = running;
  at("start").disabled = true;
  at("stop").hidden = false;
  await checkCamera(run);
  if (run === running) await checkMicrophone(run);
  if (run === running) await checkConnection(run);
  if (run !== running) return;
  at("start").disabled = false;
  at("start").textContent = WORDS.again;
}

at("without-script").hidden = true;
at("check").hidden = false;
at("start").addEventListener("click", start);
at("stop").addEventListener("click", () => {
  stop();
  at("stop").hidden = true;
  at("start").disabled = false;
  for (const id of ["camera", "microphone", "connection"]) if (!at(id).dataset.state) tell(id, WORDS.untried);
  at("start").focus();
});
addEventListener("pagehide", stop);
