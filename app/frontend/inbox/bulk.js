// Many reviewing tasks, one form: sent in small lots, each task with its own outcome, the bar with counts.

import { requestId, send } from '../shell/net.js';
import { bulk, find, locale, make, problem, texts, words } from './page.js';

const LOT = 5;

export async function start() {
  const form = bulk.form ? await window.DaopaiForm.mount(find('[data-form]'), { ...bulk.form, readonly: false, locale }) : null;
  const button = find('[data-submit-bulk]');
  let request = null;
  let open = [ ...bulk.keys ];

  button.addEventListener('click', async () => {
    problem('');
    const seen = find('[data-bulk-seen]');
    if (seen && !seen.checked) {
      problem(texts.unseen);
      seen.focus();
      return;
    }
    const here = form ? await form.validate() : null;
    if (here && Object.keys(here.errors || {}).length) {
      problem(`${Object.keys(here.errors).length} ${texts.errors}`);
      form.show(here);
      return;
    }
    const data = form ? form.data() : {};
    if (!request || JSON.stringify(request.data) !== JSON.stringify(data)) request = { id: requestId(), data };
    button.disabled = true;
    await send_all(button.dataset.url, request);
    button.disabled = !open.length;
    button.hidden = !open.length;
    find('[data-bulk-back]').hidden = false;
  });

  async function send_all(url, { id, data }) {
    const bar = find('[data-bulk-progress]');
    bar.hidden = false;
    for (const lot of lots(open)) {
      const answer = await send('POST', url, { keys: lot, data, request_id: id, seen: bulk.seen }, { ask: true });
      if (!answer.ok) {
        problem(answer.offline ? texts.lost : answer.login ? texts.login : words(answer.json));
        return;
      }
      for (const result of answer.json.results) {
        show(result);
        if (result.outcome !== 'failed') open = open.filter(key => key !== result.key);
      }
      bar.value = bulk.keys.length - open.length;
      find('[data-saved]').textContent = `${bulk.keys.length - open.length} / ${bulk.keys.length}`;
    }
  }
}

function* lots(keys) {
  for (let at = 0; at < keys.length; at += LOT) yield keys.slice(at, at + LOT);
}

const states = { done: 'done', already: 'wait', failed: 'late' };

function show(result) {
  const row = find(`[data-bulk-row="${result.key}"]`);
  row.dataset.outcome = result.outcome;
  find('[data-outcome]', row).replaceChildren(
    make('span', { class: `state state-${states[result.outcome]}` }, texts[result.outcome]), result.outcome === 'done' ? '' : ` ${result.text}`);
}
