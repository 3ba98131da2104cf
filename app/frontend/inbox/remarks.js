// Remarks on single fields: the reviewer writes them beside a submission, who corrects it sees and answers them.

import { send } from '../shell/net.js';
import { all, ask, find, locale, make, problem, task, texts, words } from './page.js';

export async function reviewed() {
  const comments = task.reviewed.comments;
  const shown = await window.DaopaiForm.mount(find('[data-reviewed]'), {
    ...task.reviewed,
    readonly: true,
    locale,
    files: task.files,
    annotate: task.mine ? annotate : undefined
  });

  async function annotate(path, label) {
    const text = await ask(`${label}${texts.colon}${texts.annotateAsk}`);
    if (!text || !text.trim()) return;
    const answer = await send('POST', task.urls.comments, { path, text }, { ask: true });
    if (!answer.ok) {
      problem(answer.offline ? texts.lost : words(answer.json));
      return;
    }
    (comments[path] ||= []).push(answer.json);
    redraw();
  }

  // The reviewer's own remarks, listed above the submission, each to be taken back while the review is open.
  const list = make('ul', { class: 'remarks', 'data-my-remarks': true });
  find('[data-reviewed]').before(list);

  function redraw() {
    shown.setComments(comments);
    list.replaceChildren(...Object.entries(comments).flatMap(([ path, found ]) => found.map(remark => line(path, remark))));
  }

  function line(path, remark) {
    const item = make('li', {}, make('a', { href: '#', onclick: event => { event.preventDefault(); shown.jump(path); } }, remark.label || path), `${texts.colon}${remark.text} `);
    if (remark.reply) item.append(make('span', { class: 'reply' }, texts.reply + remark.reply));
    if (task.mine && remark.author === task.name) {
      item.append(make('button', { class: 'btn btn-quiet btn-small', type: 'button', onclick: () => withdraw(path, remark) }, texts.delete));
    }
    return item;
  }

  async function withdraw(path, remark) {
    const answer = await send('DELETE', task.urls.withdraw.replace('/0', `/${remark.key}`), undefined, { ask: true });
    if (!answer.ok) {
      problem(answer.offline ? texts.lost : words(answer.json));
      return;
    }
    comments[path] = comments[path].filter(each => each.key !== remark.key);
    redraw();
  }

  redraw();
}

export function remarks(form) {
  for (const link of all('[data-go]')) {
    link.addEventListener('click', event => {
      event.preventDefault();
      form?.jump(link.dataset.go);
    });
  }
  for (const button of all('[data-reply]')) button.addEventListener('click', () => reply(button, form));
}

async function reply(button, form) {
  const text = await ask(texts.replyAsk, button.dataset.replyText);
  if (text === null) return;
  const answer = await send('PUT', `${task.urls.comments}/${button.dataset.reply}/reply`, { text }, { ask: true });
  if (!answer.ok) {
    problem(answer.offline ? texts.lost : words(answer.json));
    return;
  }
  button.dataset.replyText = answer.json.reply;
  find(`[data-reply-of="${button.dataset.reply}"]`).textContent = answer.json.reply ? texts.reply + answer.json.reply : '';
  for (const remark of task.comments[answer.json.path] || []) if (remark.key === answer.json.key) Object.assign(remark, answer.json);
  if (form) form.setComments(task.comments);
}
