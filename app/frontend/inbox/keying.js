// What is keyed into another system: one value after the other is copied, one screen after the other ticked. The ticks stay on this device
// until the task is handed in; values are never kept.

import { all, find, task, texts } from './page.js';

const place = () => `daopai:keying:${task.user}:${task.task}`;

export function start() {
  const root = find('[data-keying]');
  if (!root) return;
  const done = new Set(read());
  for (const screen of all('[data-screen]', root)) {
    const box = find('[data-screen-done]', screen);
    box.checked = done.has(screen.dataset.screen);
    box.addEventListener('change', () => {
      if (box.checked) done.add(screen.dataset.screen);
      else done.delete(screen.dataset.screen);
      keep(done);
      tell(root);
    });
  }
  root.addEventListener('click', event => {
    const button = event.target.closest('[data-copy]');
    if (button) copied(root, button);
  });
  // A masked value can be copied while it is shown, and only then.
  root.addEventListener('daopai:shown', event => allow(event.target, true));
  root.addEventListener('daopai:masked', event => allow(event.target, false));
  tell(root);
}

export const finish = () => localStorage.removeItem(place());

function tell(root) {
  const boxes = all('[data-screen-done]', root);
  const done = boxes.filter(box => box.checked).length;
  find('[data-keying-bar]', root).value = done;
  find('[data-keying-count]', root).textContent = `${done} / ${boxes.length}`;
  for (const screen of all('[data-screen]', root)) screen.classList.toggle('keying-done', find('[data-screen-done]', screen).checked);
}

function allow(shown, yes) {
  const button = find('[data-copy]', shown.closest('[data-value-of]'));
  button.disabled = !yes;
  delete button.dataset.done;
}

async function copied(root, button) {
  const value = button.closest('[data-value-of]');
  const said = find('[data-keying-said]', root);
  const took = await copy(find('[data-copied]', value).textContent.trim());
  said.textContent = `${took ? texts.copied : texts.notCopied}${texts.colon}${find('dt', value).textContent}`;
  if (took) button.dataset.done = '';
}

// Without https there is no clipboard API: the older way, by a selection.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.setAttribute('readonly', '');
    field.className = 'visually-hidden';
    document.body.append(field);
    const back = document.activeElement;
    field.select();
    const took = document.execCommand('copy');
    field.remove();
    back?.focus();
    return took;
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(place())) ?? [];
  } catch {
    return [];
  }
}

function keep(done) {
  try {
    localStorage.setItem(place(), JSON.stringify([ ...done ]));
  } catch {
    // no room on this device: the ticks last as long as the page
  }
}
