// The player of trials and the page of a scenario: the diagram, and the real form of a waiting task.
import './trial.css';
import { send } from '../shell/net.js';

const data = JSON.parse(document.getElementById('trial-data')?.textContent ?? 'null');
const find = (selector, root = document) => root.querySelector(selector);

async function diagram() {
  const place = find('[data-diagram]');
  if (!place || !data?.diagram?.xml) return;
  await window.DaopaiDiagram.show(place, data.diagram, { onSelect: id => find(`[data-element="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'center' }) });
  place.dataset.ready = '';
}

async function call(url, body) {
  const answer = await send(body ? 'POST' : 'GET', url, body, { ask: true, patience: 120_000 });
  return answer.offline ? { ok: false, json: { title: data.texts.lost } } : answer;
}

function step(wait) {
  return { process: wait.dataset.process, at: wait.dataset.element, nth: Number(wait.dataset.nth), count: data.count };
}

async function fill(wait, button) {
  button.disabled = true;
  const { process, at, nth } = step(wait);
  const answer = await call(`${data.form}?${new URLSearchParams({ process, at, nth, ...(button.dataset.fill ? { sample: 1 } : {}) })}`);
  button.disabled = false;
  if (!answer.ok) {
    say(wait, answer.json.title || data.texts.lost);
    return;
  }
  find('[data-fill-buttons]', wait).hidden = true;
  find('[data-form-place]', wait).hidden = false;
  const form = await window.DaopaiForm.mount(find('[data-form]', wait), { ...answer.json, locale: data.locale });
  find('[data-submit]', wait).addEventListener('click', event => submit(wait, form, event.currentTarget));
}

async function submit(wait, form, button) {
  const here = await form.validate();
  if (Object.keys(here.errors || {}).length) {
    say(wait, data.texts.failed);
    form.show(here);
    return;
  }
  let variables;
  try {
    variables = JSON.parse(find('[data-extra]', wait).value || '{}');
  } catch (error) {
    say(wait, error.message);
    return;
  }
  button.disabled = true;
  const answer = await call(data.steps, { ...step(wait), do: 'complete', form: form.data(), variables });
  if (answer.ok) {
    location.assign(answer.json.redirect);
    return;
  }
  button.disabled = false;
  say(wait, answer.json.title || data.texts.failed);
  if (answer.json.errors) form.show(answer.json);
}

function say(wait, text) {
  const place = find('[data-wrong]', wait);
  find('[data-form-place]', wait).hidden = false;
  place.textContent = text;
  place.hidden = false;
}

for (const wait of document.querySelectorAll('[data-wait]')) {
  for (const button of wait.querySelectorAll('[data-fill]')) button.addEventListener('click', () => fill(wait, button));
}
// Another process, other drafts: other data. Without the script the button does it.
find('[data-choose]')?.addEventListener('change', event => { if (event.target.name !== 'instance') event.currentTarget.requestSubmit(); });
diagram();
