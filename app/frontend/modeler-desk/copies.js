// What is drawn and not saved lies on this computer too, and is offered again after a crash: per person and draft, one copy for each
// window, with the version that it began from and the server's time.
import { later, make } from './pieces.js';

const PAUSE = 700; // ms without a change
const LONGEST = 4_000; // ms of drawing without a pause
const KEPT = 60 * 24 * 3600 * 1000; // ms after which a copy that nobody wanted is removed
const PREFIX = 'daopai-draft-';

export class Copies {
  constructor(desk) {
    this.desk = desk;
    this.ahead = Date.parse(desk.boot.now) - Date.now(); // of this computer's clock
    this.own = `${this.prefix}${crypto.getRandomValues(new Uint32Array(2)).join('')}`;
    this.soon = later(PAUSE, () => this.write());
    this.since = 0;
    void navigator.locks?.request(this.own, () => new Promise(() => {})); // held as long as this window is there
  }

  get prefix() { return `${PREFIX}${this.desk.boot.key}:${document.body.dataset.user}:`; }

  now() { return Date.now() + this.ahead; }

  changed() {
    this.since ||= Date.now();
    if (Date.now() - this.since > LONGEST) void this.write();
    else this.soon();
  }

  async write(content) {
    this.soon.cancel();
    this.since = 0;
    const { saving } = this.desk;
    const text = content ?? await saving.drawn().catch(() => null);
    if (text === null) return;
    const sent = saving.pending && saving.pending.content !== text ? saving.pending.content : undefined;
    try {
      localStorage.setItem(this.own, JSON.stringify({ content: text, sent, number: saving.number, at: this.now() }));
      this.desk.drop('noCopy');
    } catch {
      this.desk.notice('warning', this.desk.say('noCopy'), [], 'noCopy');
    }
  }

  forget() {
    this.soon.cancel();
    this.since = 0;
    localStorage.removeItem(this.own);
  }

  /** What windows that are gone left behind for this draft, the newest first. Old copies of any draft are swept on the way. */
  left() {
    const found = [];
    for (const name of Object.keys(localStorage).filter(each => each.startsWith(PREFIX))) {
      const kept = read(name);
      if (!kept || this.now() - kept.at > KEPT) localStorage.removeItem(name);
      else if (name.startsWith(this.prefix) && name !== this.own) found.push({ ...kept, name });
    }
    return found.sort((one, other) => other.at - one.at);
  }

  async offer() {
    const { desk } = this;
    const { boot, say } = desk;
    const windows = new Set((await navigator.locks?.query())?.held.map(({ name }) => name));
    for (const kept of this.left().filter(({ name }) => !windows.has(name))) {
      if (kept.content === boot.content) {
        localStorage.removeItem(kept.name);
        continue;
      }
      if (kept.sent === boot.content) kept.number = boot.number; // its save did arrive: the rest builds on it
      const notice = `copy-${kept.name.slice(this.prefix.length)}`;
      const close = () => {
        localStorage.removeItem(kept.name);
        desk.drop(notice);
      };
      desk.notice('warning', say('recovered', { at: this.moment(kept.at), number: kept.number }), [
        make('p', {}, say(Date.parse(boot.saved_at) > kept.at ? 'recoverOlder' : 'recoverNewer', { at: this.moment(Date.parse(boot.saved_at)), number: boot.number })),
        make('div', { class: 'desk-choices' },
          make('button', { type: 'button', class: 'btn btn-primary', onclick: async () => { if (await this.restore(kept)) close(); } }, say('recover')),
          make('button', { type: 'button', class: 'btn', onclick: close }, say('forget')))
      ], notice);
    }
  }

  /** Into the editor; its old place is given up only when it lies in the place of this window. */
  async restore(kept) {
    const { desk } = this;
    try {
      await desk.editor.open(kept.content);
    } catch (error) {
      desk.notice('error', desk.say('recoverFailed', { why: error.message }), [], 'recoverFailed');
      await desk.editor.open(desk.content);
      return false;
    }
    desk.saving.number = kept.number; // if others have saved since, the save will say so
    desk.saving.position = undefined;
    if (kept.number !== desk.boot.number) desk.saving.base = undefined;
    desk.changed();
    await this.write(kept.content);
    return true;
  }

  moment(at) {
    const { locale, zone } = this.desk.boot;
    return new Date(at).toLocaleString(locale === 'en' ? 'en' : 'zh-CN', { timeZone: zone, dateStyle: 'medium', timeStyle: 'short' });
  }
}

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name));
    return typeof kept.content === 'string' && Number.isFinite(kept.at) ? kept : null;
  } catch {
    return null;
  }
}
