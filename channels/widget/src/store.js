// What is kept on the device: which conversation, its token, the last message seen, when it was last used. Never a word
// of what was said. Where storage is blocked it is kept for as long as the page.
const HOUR_MS = 3600e3;

export class Store {
  constructor(api) {
    this.key = `sportello:${api}`;
    this.memory = null;
  }

  read(hours) {
    let kept = this.memory;
    try {
      const raw = localStorage.getItem(this.key);
      kept = raw ? JSON.parse(raw) : this.blocked ? this.memory : null;
    } catch {
      // blocked, or written by something else
    }
    if (!kept || typeof kept.id !== "string" || typeof kept.token !== "string") return null;
    const age = Date.now() - kept.at;
    // A clock that was put back says nothing: then only the server decides.
    if (hours && age > hours * HOUR_MS) {
      this.clear(kept.id);
      return null;
    }
    return { id: kept.id, token: kept.token, seen: Number(kept.seen) || 0, at: kept.at };
  }

  write({ id, token, seen }) {
    this.memory = { id, token, seen, at: Date.now() };
    try {
      localStorage.setItem(this.key, JSON.stringify(this.memory));
      this.blocked = false;
    } catch {
      this.blocked = true;
    }
  }

  // Another tab may have begun a new conversation meanwhile: that one stays.
  clear(id) {
    this.memory = null;
    try {
      const raw = localStorage.getItem(this.key);
      if (!raw || JSON.parse(raw).id === id) localStorage.removeItem(this.key);
    } catch {
      // blocked
    }
  }

  // Calls back with what another tab has written.
  watch(changed) {
    const listener = (event) => {
      if (event.key === this.key || event.key === null) changed();
    };
    addEventListener("storage", listener);
    return () => removeEventListener("storage", listener);
  }
}
