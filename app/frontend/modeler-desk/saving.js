// Saving as versions: one save at a time, what comes meanwhile waits for it; a save whose answer was lost is sent again as it was, and is
// one save. What nobody changed is not saved.
import { requestId, send } from '../shell/net.js';
import { make } from './pieces.js';

export class Saving {
  constructor(desk) {
    this.desk = desk;
    this.number = desk.boot.number;
    this.stuck = false; // somebody saved first, or the draft is closed
    this.base = undefined; // what the editor writes for the version *number*
    this.position = undefined; // and where its history of changes was then, if it can tell
    this.pending = null; // the save that has no answer yet
    this.running = null;
    this.again = false;
    this.last = null; // what the server said of the last save in this round
  }

  /** The editor shows the version *number*, and nobody has touched it. */
  async begin() {
    this.position = this.here();
    this.base = await this.desk.editor.read();
  }

  here() { return this.desk.editor.position?.(); }

  /** The text as it is drawn; null when it is that of the version. */
  async drawn() {
    if (!this.desk.dirty && !this.pending) return null;
    const here = this.here();
    if (here !== undefined && here === this.position) return null; // all was taken back
    const text = await this.desk.editor.read();
    return text === this.base ? null : text;
  }

  save() {
    this.again = true;
    this.running ??= this.round().finally(() => { this.running = null; });
    return this.running;
  }

  async round() {
    this.last = null;
    while (this.again && !this.stuck && !this.desk.readonly) {
      this.again = false;
      this.desk.autosave.cancel();
      if (this.pending && !await this.send()) return; // first what may have arrived already: what follows builds on it
      const content = await this.drawn();
      if (content === null) {
        this.kept();
        continue;
      }
      this.sentAt = this.here();
      this.pending = { request_id: requestId(), content, from_number: this.number, note: this.note.value };
      this.desk.dirty = false; // a change while this is under way makes it dirty again
      this.desk.copies.write(content);
      if (!await this.send()) return;
    }
  }

  get note() { return document.querySelector('[data-note]'); }

  /** Nothing more to save. */
  kept() {
    const { desk } = this;
    desk.dirty = false;
    desk.copies.forget();
    if (this.last) desk.say_('saved', { at: this.last.saved, number: this.number });
    else if (desk.state.dataset.state !== 'saved') desk.say_('same', { number: this.number });
  }

  /** Sends the pending save; true when it is a version now. */
  async send() {
    const { desk, pending } = this;
    desk.say_('saving');
    const { status, json, login, offline } = await send('POST', desk.boot.urls.save, pending, { ask: true });
    if (status === 201) {
      this.pending = null;
      this.last = json;
      this.number = json.number;
      this.base = pending.content;
      this.position = this.sentAt;
      if (this.note.value === pending.note) this.note.value = '';
      desk.drop('newer');
      desk.drop('signedOut');
      desk.say_(desk.dirty ? 'changed' : 'saved', { at: json.saved, number: json.number });
      if (desk.dirty) desk.changed();
      else desk.copies.forget();
      return true;
    }
    desk.dirty = true;
    if (offline || login) {
      desk.say_(offline ? 'offline' : 'signedOut');
      if (offline) desk.autosave();
      else desk.signedOut();
      return false;
    }
    this.pending = null;
    if (status === 409 && json.newest) this.conflict(json);
    else desk.say_('refused', { why: (json.problems ?? [ json.detail ?? json.title ?? status ]).join(' ') });
    return false;
  }

  conflict(answer) {
    const { desk } = this;
    const { say } = desk;
    this.stuck = true;
    desk.say_('refused', { why: answer.detail });
    desk.notice('error', say('conflict'), [
      make('p', {}, answer.detail, ' ', answer.kept),
      make('div', { class: 'desk-choices' },
        answer.difference && make('a', { class: 'btn btn-primary', href: answer.difference, target: '_blank' }, say('compare')),
        make('button', { type: 'button', class: 'btn', onclick: () => this.takeMine(answer) }, say('takeMine')),
        make('button', { type: 'button', class: 'btn', onclick: () => desk.reload() }, say('takeTheirs')),
        make('a', { class: 'btn', href: desk.boot.urls.versions, target: '_blank' }, say('versions')))
    ], 'conflict');
  }

  takeMine(answer) {
    this.number = answer.newest;
    this.base = this.position = undefined; // theirs: mine is to be saved even where it is as it was before
    this.stuck = false;
    this.desk.drop('conflict');
    this.desk.drop('newer');
    return this.save();
  }
}
