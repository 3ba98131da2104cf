// What the three editors share: saving as versions, a copy against a crash, who else is there, findings.
//
// An editor is {open(text), read() → Promise<text>, jump(id), mark(findings), lint() → Promise<findings>} and, where its history can
// tell, position() → what was done last; it calls desk.changed() at each change that a person made.
// A finding: {element, name, severity, text, source}.
import { send } from '../shell/net.js';
import { Copies } from './copies.js';
import { Findings } from './findings.js';
import { later, make } from './pieces.js';
import { Saving } from './saving.js';
import { speaker } from './say.js';

const PRESENCE = 15_000;
const CHECK_PAUSE = 900;
const AUTOSAVE_PAUSE = 45_000;

export class Desk {
  constructor() {
    this.boot = JSON.parse(document.getElementById('draft-data').textContent);
    this.say = speaker(this.boot.locale);
    this.small = !matchMedia('(min-width: 900px)').matches;
    this.readonly = this.boot.readonly || this.small;
    this.dirty = false;
    this.state = document.querySelector('[data-state]');
    this.notices = document.querySelector('[data-notices]');
    this.canvas = document.querySelector('[data-canvas]');
    this.panel = document.querySelector('[data-panel]');
    this.tools = document.querySelector('[data-tools]');
    this.findings = new Findings(this);
    this.check = later(CHECK_PAUSE, () => this.checkNow());
    this.autosave = later(AUTOSAVE_PAUSE, () => this.saving.save());
    this.saving = new Saving(this);
    this.copies = new Copies(this);
    this.round = 0;
  }

  /** The text to open: the version shown. */
  get content() { return this.boot.content; }

  /** px at the left of the drawing that the palette takes */
  get beside() { return this.readonly ? 24 : 120; }

  begin(editor) {
    this.editor = editor;
    window.daopaiDesk = this; // for the console and for tests
    performance.mark('desk-ready');
    document.documentElement.dataset.desk = 'ready';
    if (this.readonly) {
      this.tell(this.small ? 'phone' : 'old');
      document.querySelector('.desk-save')?.remove();
      this.checkNow();
      return;
    }
    void this.saving.begin();
    this.say_('loaded', { number: this.saving.number });
    document.querySelector('[data-save]').addEventListener('click', () => void this.saving.save());
    addEventListener('keydown', event => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault();
        void this.saving.save();
      }
    });
    addEventListener('beforeunload', event => { if (this.dirty || this.saving.running) event.preventDefault(); });
    addEventListener('pagehide', () => { void send('POST', this.boot.urls.presence, { leaving: true }, { keepalive: true }); });
    addEventListener('online', () => { if (this.saving.pending) void this.saving.save(); });
    void this.copies.offer();
    void this.meet();
    setInterval(() => void this.meet(), PRESENCE);
    this.checkNow();
  }

  /** The library cannot draw the file: say so, and let the server say what is wrong with it. */
  unreadable(error) {
    this.readonly = true;
    this.notice('error', this.say('unreadable', { why: error.message }), [], 'unreadable');
    document.querySelector('.desk-save')?.remove();
    document.documentElement.dataset.desk = 'unreadable';
    this.editor = { read: async () => this.content, jump: () => {}, mark: () => {}, lint: () => [] };
    this.checkNow();
  }

  tool(label, work, more = {}) {
    const button = make('button', { type: 'button', class: 'btn btn-small', onclick: work, ...more }, label);
    this.tools.append(button);
    return button;
  }

  changed() {
    if (this.readonly) return;
    this.dirty = true;
    if (!this.saving.stuck) {
      this.say_('changed');
      this.autosave();
    }
    this.copies.changed();
    this.findings.wait();
    this.check();
  }

  reload() {
    this.dirty = false;
    this.copies.forget();
    location.assign(this.boot.urls.self);
  }

  /** The session is over. The drawing stays; one signs in here and saves. */
  signedOut() {
    this.notice('warning', this.say('signedOut'), [
      make('div', { class: 'desk-choices' }, make('button', { type: 'button', class: 'btn btn-primary', onclick: () => void this.signIn() }, this.say('signIn')))
    ], 'signedOut');
  }

  async signIn() {
    const { status } = await send('POST', this.boot.urls.presence, {}, { ask: true });
    if (status !== 200) return;
    this.drop('signedOut');
    if (this.dirty) void this.saving.save();
  }

  // --- others -----------------------------------------------------------------------------------------------------------

  async meet() {
    const { status, json, login } = await send('POST', this.boot.urls.presence, {});
    if (login) return this.signedOut();
    if (status !== 200) return;
    this.drop('signedOut');
    const { say } = this;
    const here = document.querySelector('[data-others]');
    here.textContent = json.others.length ? say('alsoOpen', { names: json.others.join(this.boot.locale === 'en' ? ', ' : '、') }) : '';
    here.hidden = !json.others.length;
    if (json.state !== 'OPEN') {
      this.saving.stuck = true;
      this.notice('warning', say('closed'), [], 'closed');
    } else if (json.number > this.saving.number && !this.saving.stuck && !this.saving.pending) {
      this.notice('warning', say('newer', json), [
        make('div', { class: 'desk-choices' }, make('button', { type: 'button', class: 'btn', onclick: () => this.reload() }, say('openNewer')))
      ], 'newer');
    }
  }

  // --- findings ---------------------------------------------------------------------------------------------------------

  async checkNow() {
    const round = ++this.round;
    this.findings.wait();
    const [ content, own ] = await Promise.all([ this.saving.drawn(), this.editor.lint() ]);
    const { status, json } = await send('POST', this.boot.urls.check, { content, number: this.saving.number });
    if (round !== this.round) return;
    const known = (json.problems ?? []).map(problem => ({ ...problem, source: 'server' }));
    const said = new Set(known.map(problem => `${problem.element} ${problem.rule ?? ''}`));
    const all = [ ...known, ...own.filter(each => !each.same || !said.has(`${each.element} ${each.same}`)) ];
    this.findings.show(all, status !== 200 && status !== 422);
    this.editor.mark(all);
  }

  // --- words ------------------------------------------------------------------------------------------------------------

  say_(key, values) {
    this.state.textContent = this.say(key, values);
    this.state.dataset.state = key;
  }

  tell(key, values) { this.notice('info', this.say(key, values), [], key); }

  notice(kind, title, content, name) {
    this.drop(name);
    this.notices.append(make('div', { class: `notice notice-${kind}`, role: kind === 'error' ? 'alert' : 'status', 'data-notice': name },
      make('p', { class: 'notice-title' }, title), ...content));
  }

  drop(name) { this.notices.querySelector(`[data-notice="${name}"]`)?.remove(); }
}
