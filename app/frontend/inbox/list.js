// Lists by keyboard, and ticking only what belongs together.

import { send } from '../shell/net.js';
import { all, find } from './page.js';

const links = () => all('.rows .row-link');

export function move(step) {
  const found = links();
  const here = found.indexOf(document.activeElement);
  const next = found[here < 0 ? 0 : Math.min(Math.max(here + step, 0), found.length - 1)];
  if (next) next.focus();
}

export const focused = () => (document.activeElement?.matches('.row-link') ? document.activeElement : null);

export function tick() {
  const box = focused() && find('[data-bulk]', focused().closest('.row-item'));
  if (box && !box.disabled) box.click();
}

export async function claim() {
  const link = focused();
  if (!link || !location.search.includes('list=group')) return;
  const answer = await send('POST', `/tasks/${link.dataset.task}/claim${new URL(link.href).search}`, undefined, { ask: true });
  if (answer.ok) location.assign(answer.json.redirect);
  else location.assign(link.href);
}

export function start() {
  const form = find('[data-list]');
  if (!form) return;
  form.addEventListener('change', () => together(form));
  find('[data-tick-all]')?.addEventListener('click', () => {
    const kind = find('[data-bulk]:checked', form)?.dataset.kind;
    for (const box of all('[data-bulk]', form)) if (box.dataset.kind === kind && !box.checked) box.click();
  });
  together(form);
}

// One form serves all ticked tasks, so they must be of one kind.
function together(form) {
  const kind = find('[data-bulk]:checked', form)?.dataset.kind;
  for (const box of all('[data-bulk]', form)) box.disabled = Boolean(kind) && box.dataset.kind !== kind;
}
