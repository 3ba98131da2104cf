import htmx from 'htmx.org';

import './shell.css';
import { installBulk } from './bulk.js';
import { installDialogs } from './dialogs.js';
import { installPersonal } from './personal.js';
import { installSending } from './sending.js';
import { showToday } from './timeline.js';
import { say } from './messages.js';

// Nothing inline, nothing evaluated: the CSP refuses both. Pages with personal data are not kept in the browser's storage.
Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollBehavior: 'auto',
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '422', swap: true },
    { code: '[45]..', swap: true, error: true, target: '#messages', swapOverride: 'innerHTML' }
  ]
});

window.htmx = htmx;

export const token = () => document.querySelector('meta[name="csrf-token"]').content;

document.addEventListener('htmx:configRequest', event => {
  event.detail.headers['X-CSRFToken'] = token();
});

// The server cannot be reached: say so, keep the page as it is.
document.addEventListener('htmx:sendError', () => say('error', document.body.dataset.lost));

document.addEventListener('click', event => {
  if (event.target.closest('[data-back]')) {
    history.back();
  }
  // Menus close when one taps elsewhere.
  for (const open of document.querySelectorAll('details.who[open], details.strip-custom[open]')) {
    if (!open.contains(event.target)) {
      open.open = false;
    }
  }
});

document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    for (const open of document.querySelectorAll('details.who[open], details.strip-custom[open]')) {
      open.open = false;
      open.querySelector('summary').focus();
    }
  }
});

installDialogs();
installBulk();
installPersonal();
installSending();
showToday();
