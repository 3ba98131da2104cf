// What is typed is on the server within two seconds; until it is, it lies on this device.

import { send } from '../shell/net.js';
import { find, make, task, texts } from './page.js';

const WAIT = 1500; // ms without typing
const AGAIN = 15_000; // ms until an unsaved draft is tried again
const KEPT = 14 * 24 * 3600 * 1000; // ms after which a forgotten copy is removed

const prefix = 'daopai:draft:';
const place = () => `${prefix}${task.user}:${task.task}`;

let revision = task ? task.draft.revision : 0;
let latest = null; // data not yet on the server
let timer = 0;
let running = null;
let stopped = false;

export function say(text, state = '') {
  const line = find('[data-saved]');
  if (!line) return;
  line.textContent = text;
  line.dataset.state = state;
}

export function changed(data) {
  if (stopped) return;
  latest = data;
  copy(data);
  clearTimeout(timer);
  timer = setTimeout(save, WAIT);
}

function copy(data) {
  try {
    localStorage.setItem(place(), JSON.stringify({ data, revision, at: Date.now() }));
  } catch { /* a full or forbidden store: the server copy is the one that counts */ }
}

function forget() {
  localStorage.removeItem(place());
}

// What was typed here and never reached the server: {data} or null. Old copies of other tasks are swept on the way.
export function left() {
  for (const key of Object.keys(localStorage).filter(name => name.startsWith(prefix))) {
    try {
      if (Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT) localStorage.removeItem(key);
    } catch {
      localStorage.removeItem(key);
    }
  }
  const text = localStorage.getItem(place());
  return text ? JSON.parse(text) : null;
}

export async function save({ keepalive = false } = {}) {
  clearTimeout(timer);
  while (running) await running; // one at a time: two at once would look like two devices
  if (latest === null || stopped) return;
  running = put(keepalive).finally(() => { running = null; });
  await running;
}

async function put(keepalive) {
  const data = latest;
  if (!task.urls.draft) { // a start form: nothing is on the server before it is handed in
    say(texts.here, 'local');
    latest = null;
    return;
  }
  say(texts.saving);
  const answer = await send('PUT', task.urls.draft, { data, revision }, { keepalive });
  if (answer.ok) {
    revision = answer.json.revision;
    say(`${texts.saved} ${answer.json.saved}`, 'saved');
    if (latest === data) {
      latest = null;
      forget();
    }
  } else if (answer.json.newer) {
    choose(answer.json);
  } else if (answer.offline) {
    say(texts.local, 'local');
    timer = setTimeout(save, AGAIN);
  } else if (answer.login) {
    say(texts.login, 'local');
  } else {
    stopped = true;
    say(`${answer.json.title || texts.unsaved} ${texts.kept}`, 'local');
  }
}

// Two devices typed into one task: the person decides, nothing is lost before that.
function choose(newer) {
  stopped = true;
  const line = find('[data-saved]');
  line.dataset.state = 'local';
  line.replaceChildren(newer.title, ' ',
    make('button', { class: 'btn btn-small', type: 'button', onclick: () => { forget(); location.reload(); } }, texts.newer), ' ',
    make('button', { class: 'btn btn-small', type: 'button', onclick: () => { stopped = false; revision = newer.revision; save(); } }, texts.mine));
}

// The task is done: no copy stays on the device.
export function done() {
  stopped = true;
  latest = null;
  clearTimeout(timer);
  forget();
}

// Before submitting: nothing is under way any more, and nothing starts by itself.
export async function settle() {
  clearTimeout(timer);
  await running;
}

export function watch() {
  window.addEventListener('online', () => save());
  document.addEventListener('visibilitychange', () => { if (document.hidden) save({ keepalive: true }); });
}
