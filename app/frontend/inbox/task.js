// The task page: its form, saving, submitting.

import * as drafts from './drafts.js';
import { files } from './files.js';
import * as keying from './keying.js';
import { requestId, send } from '../shell/net.js';
import { all, find, make, problem, locale, task, texts, words } from './page.js';
import * as queue from './queue.js';
import { remarks, reviewed } from './remarks.js';

let form = null;
let request = null; // {id, data}: the same data keep the same id

export async function start() {
  if (task.mine) queue.takeBack(task.task);
  const place = find('[data-form]');
  if (place && task.form) form = await mount(place);
  if (find('[data-reviewed]') && task.reviewed) await reviewed();
  if (form) foretell(form.data());
  remarks(form);
  if (task.mine) cameBack();
  files();
  keying.start();
  variables();
  if (task.mine) {
    drafts.watch();
    find('[data-submit]').addEventListener('click', submit);
    // Leaving a field may take an error away and move the button from below the pointer: it is pressed all the same.
    find('[data-submit]').addEventListener('pointerdown', event => event.currentTarget.setPointerCapture(event.pointerId));
    if (queue.has(task.task)) waitForSignal();
    window.addEventListener('daopai:sent', event => { if (event.detail.key === task.task) location.assign(event.detail.redirect || task.urls.list); });
    window.addEventListener('daopai:refused', event => {
      if (event.detail.key !== task.task) return;
      event.preventDefault();
      ready();
      refused(event.detail.answer, event.detail.data);
    });
  }
  for (const button of all('[data-send]')) button.addEventListener('click', () => act(button));
}

async function mount(place) {
  const kept = task.mine ? drafts.left() : null;
  const data = kept ? given(structuredClone({ ...task.form.data, ...kept.data })) : task.form.data;
  const mounted = await window.DaopaiForm.mount(place, {
    ...task.form,
    data,
    comments: task.comments,
    readonly: !task.mine || task.form.readonly === true,
    locale,
    files: task.files,
    uploadUrl: task.urls.upload,
    onChange: changed
  });
  if (kept) {
    drafts.say(texts.restored, 'local');
    drafts.changed(data);
  }
  return mounted;
}

// What the system fills is as it is now, whatever the copy on this device says.
function given(data) {
  for (const path of task.form.given ?? []) {
    const keys = path.split('.');
    const last = keys.pop();
    const below = from => keys.reduce((group, key) => group?.[key], from);
    const place = below(data);
    if (place) place[last] = below(task.form.data)?.[last];
  }
  return data;
}

// What is typed after the submission was queued belongs to it: it goes out when the person presses the button again.
function changed(data) {
  foretell(data);
  if (queue.has(task.task) && JSON.stringify(data) !== JSON.stringify(request?.data)) {
    queue.remove(task.task);
    ready();
  }
  drafts.changed(data);
}

// Where the task goes on to with what is chosen now; before anything is chosen, the list of all outcomes.
function foretell(data) {
  const place = find('[data-next]');
  if (!place || !task.next?.fields.length) return;
  place.dataset.all ??= place.textContent;
  const same = (one, other) => (one ?? null) === (other ?? null);
  const found = task.next.cases.find(({ when }) => Object.entries(when).every(([ key, answer ]) => same(answer, data[key])));
  const chosen = data[task.next.fields[0]] ?? null;
  place.textContent = chosen !== null && found?.text ? found.text : place.dataset.all;
}

function entered() {
  if (form) return form.data();
  const data = {};
  for (const row of all('.variable')) {
    const name = find('[data-variable-name]', row).value.trim();
    if (name) data[name] = value(find('[data-variable-value]', row).value);
  }
  return data;
}

function value(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function submit() {
  const button = find('[data-submit]');
  if (button.disabled) return;
  problem('');
  wrong('');
  const here = form ? await form.validate() : null;
  if (here && Object.keys(here.errors || {}).length) {
    wrong(counted(here));
    form.show(here);
    return;
  }
  const data = entered();
  const same = request && JSON.stringify(request.data) === JSON.stringify(data);
  if (!same) request = { id: requestId(), data };
  button.disabled = true;
  drafts.say(texts.submitting);
  await drafts.settle();
  const answer = await send('POST', task.urls.complete, { data, request_id: request.id }, { ask: true });
  if (answer.ok) {
    drafts.done();
    keying.finish();
    location.assign(answer.json.redirect); // the button stays off until the page is gone
    return;
  }
  button.disabled = false;
  refused(answer, data);
}

function refused(answer, data) {
  if (answer.offline) {
    queue.add({ key: task.task, url: task.urls.complete, page: location.pathname + location.search, data, request_id: request.id, label: task.label });
    waitForSignal();
    return;
  }
  drafts.say('');
  drafts.save(); // what the submission did not take over
  if (answer.login) {
    problem(texts.login, make('a', { class: 'btn', href: location.href }, texts.reload));
  } else if (Object.keys(answer.json.fresh || {}).length) {
    drafts.changed(data);
    drafts.save().then(() => again(answer.json.errors[Object.keys(answer.json.fresh).find(path => answer.json.errors[path])][0]));
  } else if (answer.status === 422 && answer.json.errors && form) {
    wrong(counted(answer.json));
    form.show(answer.json);
  } else {
    problem(words(answer.json) || texts.failed, texts.kept, ...(answer.status === 409 ? [ make('a', { class: 'btn', href: task.urls.list }, texts.open) ] : []));
  }
}

// The page shows figures that are no longer so: it comes back with the new ones, what was typed, and a sentence that says so.
function again(sentence) {
  sessionStorage.setItem(`daopai:again:${task.task}`, sentence);
  location.reload();
}

function cameBack() {
  const sentence = sessionStorage.getItem(`daopai:again:${task.task}`);
  sessionStorage.removeItem(`daopai:again:${task.task}`);
  if (sentence) problem(sentence);
}

// In one line beside the button; the form itself shows what and where.
function wrong(text) {
  find('[data-wrong]').textContent = text;
}

function counted(outcome) {
  const errors = Object.keys(outcome.errors || {}).length;
  if (errors) return `${errors} ${texts.errors}`;
  const unexplained = (outcome.warnings || []).filter(finding => !finding.reason).length;
  if (unexplained) return `${unexplained} ${texts.warnings}`;
  return (outcome.problems || []).length ? texts.findings : '';
}

function waitForSignal() {
  drafts.say(texts.queued, 'local');
  const button = find('[data-submit]');
  button.disabled = true;
  if (find('[data-unqueue]')) return;
  button.after(make('button', { class: 'btn', type: 'button', 'data-unqueue': true, onclick: () => {
    queue.remove(task.task);
    ready();
    drafts.say('');
  } }, texts.cancel));
}

// Nothing waits for the signal any more: the button is the person's again.
function ready() {
  find('[data-submit]').disabled = false;
  find('[data-unqueue]')?.remove();
}

async function act(button) {
  button.disabled = true;
  const answer = await send(button.dataset.send, button.dataset.url, undefined, { ask: true });
  button.disabled = false;
  if (answer.ok) location.assign(answer.json.redirect);
  else problem(answer.offline ? texts.lost : words(answer.json));
}

function variables() {
  const more = find('[data-variable-more]');
  if (!more) return;
  more.addEventListener('click', () => {
    const row = find('.variable').cloneNode(true);
    for (const input of all('input', row)) input.value = '';
    find('[data-variables]').append(row);
    find('input', row).focus();
  });
}
