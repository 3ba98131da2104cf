// Submissions that found no signal: kept on this device, sent again with the same request id, so that they count once.

import { send } from '../shell/net.js';
import { find, make, texts, words } from './page.js';

const prefix = 'daopai:queue:';
const AGAIN = 20_000; // ms

const user = () => document.body.dataset.user;

export function waiting() {
  return Object.keys(localStorage)
    .filter(name => name.startsWith(prefix))
    .map(name => JSON.parse(localStorage.getItem(name)))
    .filter(entry => entry.user === user());
}

// Whether this task's submission waits for the signal; one that was refused does not wait any more.
export const has = key => waiting().some(entry => entry.key === key && !entry.failed);

// The person is on the task's page: a refused submission goes back into its form.
export function takeBack(key) {
  const entry = waiting().find(each => each.key === key && each.failed);
  if (entry) again(entry);
}

export function add(entry) {
  localStorage.setItem(prefix + entry.key, JSON.stringify({ ...entry, user: user() }));
  show();
}

export function remove(key) {
  localStorage.removeItem(prefix + key);
  show();
}

let flushing = false;

export async function flush() {
  if (flushing || !navigator.onLine) return;
  flushing = true;
  for (const entry of waiting().filter(each => !each.failed)) {
    const answer = await send('POST', entry.url, { data: entry.data, request_id: entry.request_id });
    if (answer.offline || answer.login) break;
    if (answer.ok) {
      remove(entry.key);
      localStorage.removeItem(`daopai:draft:${entry.user}:${entry.key}`);
      tell(`${texts.queueDone}${texts.colon}${entry.label}`, 'success');
      window.dispatchEvent(new CustomEvent('daopai:sent', { detail: { key: entry.key, redirect: answer.json.redirect } }));
    } else if (!window.dispatchEvent(new CustomEvent('daopai:refused', { cancelable: true, detail: { ...entry, answer } }))) {
      remove(entry.key); // its own page shows what is wrong
    } else {
      entry.failed = words(answer.json) || texts.failed;
      localStorage.setItem(prefix + entry.key, JSON.stringify(entry));
      show();
    }
  }
  flushing = false;
}

function tell(text, kind) {
  find('#messages').append(make('div', { class: `notice notice-${kind}`, role: 'status' }, make('p', {}, text)));
}

// One line on every page of the inbox while something waits.
export function show() {
  const line = find('[data-queue]');
  if (!line) return;
  const entries = waiting();
  const failed = entries.filter(each => each.failed);
  line.hidden = !entries.length;
  line.replaceChildren();
  const rest = entries.length - failed.length;
  if (rest) line.append(make('p', {}, `${rest} ${texts.queueLine}`));
  for (const entry of failed) {
    line.append(make('p', {}, `${texts.queueFailed} `, make('a', { href: entry.page, onclick: () => again(entry) }, entry.label), ` ${entry.failed}`));
  }
}

// Opened by hand: its values come back into the form from the device's copy, and the queue lets go of it.
function again(entry) {
  localStorage.setItem(`daopai:draft:${entry.user}:${entry.key}`, JSON.stringify({ data: entry.data, revision: -1, at: Date.now() }));
  localStorage.removeItem(prefix + entry.key);
}

export function watch() {
  show();
  flush();
  window.addEventListener('online', flush);
  setInterval(() => { if (waiting().length) flush(); }, AGAIN);
}
