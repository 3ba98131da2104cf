// Shortcuts; none of them works while somebody types.

import { find } from './page.js';
import * as list from './list.js';

const actions = {
  j: () => list.move(1),
  k: () => list.move(-1),
  x: () => list.tick(),
  c: () => (find('[data-claim]') ? find('[data-claim]').click() : list.claim()),
  u: () => find('[data-list-link]')?.click(),
  '/': () => find('.search input[type="search"]')?.focus(),
  '?': () => find('#keys')?.showModal()
};

const typing = target => target.closest('input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]');

export function start() {
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      find('[data-submit]')?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || find('dialog[open]')) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
