// An instance on its own diagram, moved along time: slider, play, step, keys; the forms as they were.
//
// The page gives <div data-replay> with its pieces and #replay-data {url, form (ends with /0), locale}; forms.js is on the page, too.
import 'bpmn-js/dist/assets/diagram-js.css';
import '../diagram/diagram.css';
import './replay.css';

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import { diagramAt, elementAt, framesOf, statesAt } from './frames.js';
import { Tokens } from './tokens.js';
import { send } from '../shell/net.js';

const STATES = [ 'done', 'here', 'canceled' ];
const LEAST_ZOOM = 0.55;

class Replay {
  constructor(root, boot) {
    this.root = root;
    this.boot = boot;
    this.piece = name => root.querySelector(`[data-replay-${name}]`);
    this.at = 0;
    this.forms = new Map();
    this.quiet = matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  async open() {
    const answer = await send('GET', this.boot.url, undefined, { patience: 120_000, ask: true });
    if (!answer.ok) throw new Error(String(answer.status));
    this.data = answer.json;
    this.frames = framesOf(this.data);
    const stage = this.piece('diagram');
    stage.replaceChildren();
    stage.classList.add('diagram-canvas');
    this.stages = [];
    for (const diagram of this.data.diagrams) this.stages.push(await this.draw(stage, diagram));
    new ResizeObserver(() => this.canvas.resized()).observe(stage);
    this.slider = this.piece('slider');
    this.slider.max = String(this.frames.length - 1);
    this.listen();
    this.go(this.frames.length - 1, { still: true });
    this.fit();
    this.root.dataset.ready = 'true';
  }

  // One diagram for each version by which the instance went; the one of the moment is shown.
  async draw(stage, diagram) {
    const container = stage.appendChild(Object.assign(document.createElement('div'), { className: 'replay-version' }));
    const viewer = new NavigatedViewer({ container, zoomScroll: { enabled: false } });
    await viewer.importXML(diagram.xml);
    viewer.on('element.click', event => this.select(event.element.id));
    const [ canvas, registry ] = [ viewer.get('canvas'), viewer.get('elementRegistry') ];
    return { container, canvas, registry, tokens: new Tokens(canvas, registry), version: diagram.version, marked: [], fitted: false };
  }

  show(number) {
    const stage = this.stages[number];
    const changed = this.stage !== stage;
    this.stage = stage;
    Object.assign(this, { canvas: stage.canvas, registry: stage.registry, tokens: stage.tokens });
    for (const each of this.stages) each.container.hidden = each !== stage;
    this.root.dataset.version = String(stage.version);
    const place = this.piece('version');
    if (place) place.textContent = this.stages.length > 1 ? place.dataset.words.replace('0', stage.version) : '';
    return changed;
  }

  listen() {
    this.slider.addEventListener('input', () => { this.pause(); this.go(Number(this.slider.value)); });
    this.piece('play').addEventListener('click', () => this.timer ? this.pause() : this.play());
    this.piece('back').addEventListener('click', () => { this.pause(); this.go(this.at - 1); });
    this.piece('on').addEventListener('click', () => { this.pause(); this.go(this.at + 1); });
    this.piece('first').addEventListener('click', () => { this.pause(); this.go(0); });
    this.piece('last').addEventListener('click', () => { this.pause(); this.go(this.frames.length - 1); });
    document.addEventListener('keydown', event => this.key(event));
  }

  key(event) {
    const typing = event.target.closest('input:not([type="range"]), textarea, select, [contenteditable], dialog[open]');
    const onButton = event.target.closest('button, a, summary');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.go(this.at - 1), ArrowRight: () => this.go(this.at + 1), Home: () => this.go(0), End: () => this.go(this.frames.length - 1)
    };
    if (event.key === ' ' && !onButton) {
      event.preventDefault();
      this.timer ? this.pause() : this.play();
    } else if (acts[event.key]) {
      event.preventDefault();
      this.pause();
      acts[event.key]();
    }
  }

  play() {
    if (this.at >= this.frames.length - 1) this.go(0, { still: true });
    const next = () => {
      if (this.at >= this.frames.length - 1) return this.pause();
      this.go(this.at + 1);
      this.timer = setTimeout(next, Number(this.piece('speed').value));
    };
    this.piece('play').textContent = this.piece('play').dataset.pause;
    this.timer = setTimeout(next, 120);
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.piece('play').textContent = this.piece('play').dataset.play;
  }

  go(to, { still = false } = {}) {
    const before = this.at;
    this.at = Math.max(0, Math.min(to, this.frames.length - 1));
    const frame = this.frames[this.at];
    this.slider.value = String(this.at);
    this.slider.setAttribute('aria-valuetext', frame.words);
    this.piece('time').textContent = frame.words;
    const states = statesAt(this.data.visits, frame.at, this.data.joining);
    const changed = this.show(diagramAt(this.data.diagrams, frame.at));
    this.mark(states);
    if (changed && !this.stage.fitted && this.root.dataset.ready) this.fit();
    const moving = !still && !changed && !this.quiet && this.at === before + 1;
    this.tokens.show(states, moving ? frame.entered : [], Number(this.piece('speed').value));
    this.tell(frame);
    this.list(frame);
    this.root.dataset.frame = String(this.at);
  }

  mark(states) {
    for (const [ id, state ] of this.stage.marked) this.canvas.removeMarker(id, `at-${state}`);
    this.stage.marked = [ ...states ].map(([ id, each ]) => [ id, each.state ]).filter(([ id, state ]) => this.registry.get(id) && STATES.includes(state));
    for (const element of this.registry.getAll()) this.registry.getGraphics(element)?.removeAttribute('data-state');
    for (const [ id, state ] of this.stage.marked) {
      this.canvas.addMarker(id, `at-${state}`);
      this.registry.getGraphics(id).setAttribute('data-state', state);
    }
  }

  fit() {
    this.stage.fitted = true;
    this.canvas.resized();
    this.canvas.zoom('fit-viewport', 'auto');
    const here = this.stage.marked.find(([ , state ]) => state === 'here') ?? this.stage.marked.at(-1);
    if (this.canvas.zoom() < LEAST_ZOOM && here) {
      this.canvas.zoom(LEAST_ZOOM);
      this.canvas.scrollToElement(here[0], { top: 60, bottom: 60, left: 60, right: 60 });
    }
  }

  // The sentences of this moment; without one, of the last moment that had any.
  tell(frame) {
    const place = this.piece('said');
    const now = this.data.told.filter(each => each.at === frame.at);
    place.replaceChildren(...now.slice(0, 6).map(each => {
      const line = document.createElement('p');
      const link = Object.assign(document.createElement('a'), { href: each.url, textContent: each.text });
      line.append(link);
      return line;
    }));
  }

  // Forms that had been submitted by now, newest first; tasks that waited.
  list(frame) {
    const place = this.piece('forms');
    const done = this.data.tasks.filter(task => task.state === 'COMPLETED' && task.to && task.to <= frame.at).reverse();
    const waiting = this.data.tasks.filter(task => task.from <= frame.at && (!task.to || task.to > frame.at));
    const rows = waiting.map(task => item(`${task.name} · ${place.dataset.waits}`, 'waits'));
    for (const task of done) {
      const button = Object.assign(document.createElement('button'), { type: 'button' });
      button.textContent = `${task.name} · ${task.by}${task.absent ? ` (${task.absent})` : ''} · ${words(task.to)}`;
      button.disabled = !task.submission;
      button.dataset.submission = task.submission;
      button.addEventListener('click', () => this.form(task.submission));
      const row = document.createElement('li');
      row.append(button);
      rows.push(row);
    }
    place.replaceChildren(...rows);
    place.hidden = rows.length === 0;
    this.piece('none').hidden = rows.length > 0;
    const chosen = done.find(task => task.submission);
    this.form(chosen ? chosen.submission : '');
  }

  select(id) {
    const frame = this.frames[this.at];
    const task = this.data.tasks.filter(each => each.element === id && each.submission && each.to <= frame.at).at(-1);
    if (task) return this.form(task.submission);
    const child = this.data.children.find(each => this.data.visits.some(visit => visit.key === each.visit && elementAt(visit, Date.parse(frame.at)) === id));
    if (child) location.href = child.url;
  }

  async form(key) {
    for (const button of this.piece('forms').querySelectorAll('button')) button.setAttribute('aria-current', String(button.dataset.submission === key));
    if (this.shown === key) return;
    this.shown = key;
    const place = this.piece('form');
    this.mounted?.destroy();
    this.mounted = null;
    this.piece('form-title').textContent = '';
    place.replaceChildren();
    if (!key) return;
    const payload = this.forms.get(key) ?? await this.load(key);
    if (this.shown !== key || !payload) return;
    const { about, ...options } = payload;
    this.piece('form-title').textContent = `${about.title} · ${about.actor}${about.absent ? ` (${about.absent})` : ''} · ${words(about.at)} · v${about.version}`;
    const inner = document.createElement('div');
    place.append(inner);
    this.mounted = await window.DaopaiForm.mount(inner, options);
    place.dataset.submission = key;
  }

  async load(key) {
    const answer = await send('GET', this.boot.form.replace(/0$/, key), undefined, { ask: true });
    if (!answer.ok) return null;
    const payload = answer.json;
    this.forms.set(key, payload);
    return payload;
  }
}

function item(text, name) {
  const row = document.createElement('li');
  row.append(Object.assign(document.createElement('span'), { textContent: text, className: name }));
  return row;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23'
});

function words(iso) {
  const parts = Object.fromEntries(CLOCK.formatToParts(new Date(iso)).map(({ type, value }) => [ type, value ]));
  return `${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

document.addEventListener('DOMContentLoaded', () => {
  const root = document.querySelector('[data-replay]');
  if (!root) return;
  const replay = new Replay(root, JSON.parse(document.getElementById('replay-data').textContent));
  replay.open().catch(error => {
    console.warn(error);
    root.querySelector('[data-replay-failed]').hidden = false;
  });
});
