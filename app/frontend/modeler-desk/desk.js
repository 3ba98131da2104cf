// What the three editors share: saving as versions, a copy against a crash, who else is there, findings.
//
// An editor is {read() → Promise<text>, jump(id), mark(findings), lint() → Promise<findings>}; it calls desk.changed() at each change.
// A finding: {element, name, severity, text, source}.
import { make, later, send } from './pieces.js';
import { Findings } from './findings.js';
import { speaker } from './say.js';

const PRESENCE = 15_000;
const CHECK_PAUSE = 900;
const COPY_PAUSE = 700;
const AUTOSAVE_PAUSE = 45_000;

export class Desk {
  constructor() {
    this.boot = JSON.parse(document.getElementById('draft-data').textContent);
    this.say = speaker(this.boot.locale);
    this.small = !matchMedia('(min-width: 900px)').matches;
    this.readonly = this.boot.readonly || this.small;
    this.number = this.boot.number;
    this.dirty = false;
    this.stuck = false;
    this.state = document.querySelector('[data-state]');
    this.notices = document.querySelector('[data-notices]');
    this.canvas = document.querySelector('[data-canvas]');
    this.panel = document.querySelector('[data-panel]');
    this.tools = document.querySelector('[data-tools]');
    this.findings = new Findings(this);
    this.check = later(CHECK_PAUSE, () => this.checkNow());
    this.copy = later(COPY_PAUSE, () => this.copyNow());
    this.autosave = later(AUTOSAVE_PAUSE, () => this.save());
    this.round = 0;
  }

  /** The text to open: the version shown, or what a crash left behind when the person wants it. */
  get content() { return this.boot.content; }

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
    this.say_('loaded', { number: this.number });
    document.querySelector('[data-save]').addEventListener('click', () => this.save());
    addEventListener('keydown', event => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault();
        this.save();
      }
    });
    addEventListener('beforeunload', event => { if (this.dirty) event.preventDefault(); });
    addEventListener('pagehide', () => { void send(this.boot.urls.presence, { leaving: true }, { keepalive: true }); });
    this.offerCopy();
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
    if (!this.stuck) {
      this.say_('changed');
      this.autosave();
    }
    this.copy();
    this.findings.wait();
    this.check();
  }

  // --- saving -----------------------------------------------------------------------------------------------------------

  async save() {
    if (this.stuck || this.readonly) return;
    this.autosave.cancel();
    const content = await this.editor.read();
    this.copyNow(content);
    this.dirty = false;
    this.say_('saving');
    const { status, json } = await send(this.boot.urls.save, { content, from_number: this.number, note: this.note() });
    if (status === 201) {
      this.number = json.number;
      if (!this.dirty) this.forgetCopy();
      this.say_(this.dirty ? 'changed' : 'saved', { at: json.saved, number: json.number });
      document.querySelector('[data-note]').value = '';
      return;
    }
    this.dirty = true;
    if (status === 409 && json.newest) this.conflict(json);
    else if (status === 0) { this.say_('offline'); this.autosave(); }
    else this.say_('refused', { why: (json.problems ?? [ json.detail ?? json.title ?? status ]).join(' ') });
  }

  note() { return document.querySelector('[data-note]').value; }

  conflict(answer) {
    this.stuck = true;
    this.say_('refused', { why: answer.detail });
    const { say } = this;
    this.notice('error', say('conflict'), [
      make('p', {}, answer.detail, ' ', answer.kept),
      make('div', { class: 'desk-choices' },
        answer.difference && make('a', { class: 'btn btn-primary', href: answer.difference, target: '_blank' }, say('compare')),
        make('button', { type: 'button', class: 'btn', onclick: () => this.takeMine(answer) }, say('takeMine')),
        make('button', { type: 'button', class: 'btn', onclick: () => this.reload() }, say('takeTheirs')),
        make('a', { class: 'btn', href: this.boot.urls.versions, target: '_blank' }, say('versions')))
    ], 'conflict');
  }

  takeMine(answer) {
    this.number = answer.newest;
    this.stuck = false;
    this.drop('conflict');
    this.drop('newer');
    return this.save();
  }

  reload() {
    this.dirty = false;
    this.forgetCopy();
    location.assign(this.boot.urls.self);
  }

  // --- a copy against a crash -------------------------------------------------------------------------------------------

  get copyName() { return `daopai-draft-${this.boot.key}`; }

  async copyNow(content) {
    if (!this.dirty && !content) return;
    const text = content ?? await this.editor.read().catch(() => null);
    if (text === null) return;
    try {
      localStorage.setItem(this.copyName, JSON.stringify({ content: text, number: this.number, at: new Date().toISOString() }));
    } catch { /* no room left: the server has the last version */ }
  }

  forgetCopy() {
    this.copy.cancel();
    localStorage.removeItem(this.copyName);
  }

  offerCopy() {
    const kept = JSON.parse(localStorage.getItem(this.copyName) ?? 'null');
    if (!kept) return;
    if (kept.content === this.boot.content) return this.forgetCopy();
    const { say } = this;
    const at = new Date(kept.at).toLocaleString(this.boot.locale === 'en' ? 'en' : 'zh-CN');
    const behind = kept.number !== this.number ? ` ${say('recoverOther', { number: kept.number })}` : '';
    this.notice('warning', say('recovered', { at }) + behind, [
      make('div', { class: 'desk-choices' },
        make('button', { type: 'button', class: 'btn btn-primary', onclick: () => this.restoreCopy(kept) }, say('recover')),
        make('button', { type: 'button', class: 'btn', onclick: () => { this.forgetCopy(); this.drop('copy'); } }, say('forget')))
    ], 'copy');
  }

  async restoreCopy(kept) {
    await this.editor.open(kept.content);
    this.number = kept.number; // if others have saved since, the save will say so
    this.drop('copy');
    this.changed();
  }

  // --- others -----------------------------------------------------------------------------------------------------------

  async meet() {
    const { status, json } = await send(this.boot.urls.presence, {});
    if (status !== 200) return;
    const { say } = this;
    const here = document.querySelector('[data-others]');
    here.textContent = json.others.length ? say('alsoOpen', { names: json.others.join(this.boot.locale === 'en' ? ', ' : '、') }) : '';
    here.hidden = !json.others.length;
    if (json.state !== 'OPEN') {
      this.stuck = true;
      this.notice('warning', say('closed'), [], 'closed');
    } else if (json.number > this.number && !this.stuck) {
      this.notice('warning', say('newer', json), [
        make('div', { class: 'desk-choices' }, make('button', { type: 'button', class: 'btn', onclick: () => this.reload() }, say('openNewer')))
      ], 'newer');
    }
  }

  // --- findings ---------------------------------------------------------------------------------------------------------

  async checkNow() {
    const round = ++this.round;
    this.findings.wait();
    const [ content, own ] = await Promise.all([ this.editor.read(), this.editor.lint() ]);
    const { status, json } = await send(this.boot.urls.check, { content });
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
