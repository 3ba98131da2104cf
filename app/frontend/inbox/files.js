// Photos and documents of the task as a whole (those of single fields are the form bundle's).

import { send } from '../shell/net.js';
import { all, find, make, task, texts, words } from './page.js';

export function files() {
  const input = find('[data-upload]');
  if (input) {
    input.addEventListener('change', async () => {
      for (const file of Array.from(input.files)) await upload(file);
      input.value = '';
    });
  }
  for (const button of all('[data-remove-file]')) button.addEventListener('click', () => remove(button.dataset.removeFile));
}

async function upload(file) {
  say(`${texts.uploading} ${file.name}`);
  const body = new FormData();
  body.append('file', file);
  const answer = await send('POST', task.urls.upload, body, { patience: 120_000, ask: true });
  say(answer.ok ? '' : `${file.name}: ${answer.offline ? texts.uploadFailed : words(answer.json)}`);
  if (answer.ok) find('[data-file-list]').append(row(answer.json));
}

function row(file) {
  const link = make('a', { href: file.url });
  if (file.thumbnail) link.append(make('img', { src: file.thumbnail, alt: '', width: 64, height: 64 }));
  link.append(make('span', {}, file.name));
  return make('li', { 'data-file': file.id }, link, ' ',
    make('button', { class: 'btn btn-quiet btn-small', type: 'button', onclick: () => remove(file.id) }, texts.delete));
}

async function remove(key) {
  const answer = await send('DELETE', `/attachments/${key}`, undefined, { ask: true });
  if (answer.ok) find(`[data-file="${key}"]`).remove();
  else say(answer.offline ? texts.lost : words(answer.json));
}

function say(text) {
  const line = find('[data-upload-error]');
  line.textContent = text;
  line.hidden = !text;
}
