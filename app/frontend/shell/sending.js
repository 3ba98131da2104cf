// Plain forms and htmx: what was typed or chosen is sent only in a session that is there, and once, however often one taps.
//
// A form that was sent without a session would be answered by the sign-in page, and its content lost. So the session is looked at first and
// renewed over the page where it ended (session.js); then the form goes as the browser sends it, files and the pressed button included.
import htmx from 'htmx.org';

import { say } from './messages.js';
import { renew, take } from './session.js';

const AGAIN = 4000; // ms: an answer that is a download leaves the page as it is

export function installSending() {
  document.addEventListener('submit', event => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post' || form.hasAttribute('hx-post')) return;
    if (form.dataset.looked) {
      delete form.dataset.looked;
      setTimeout(() => delete form.dataset.sent, AGAIN);
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = '1';
    if (!document.body.dataset.user || form.hasAttribute('data-anybody')) {
      setTimeout(() => delete form.dataset.sent, AGAIN);
      return;
    }
    event.preventDefault();
    look(form, event.submitter);
  });

  // Back in the browser's memory: the form may be sent again.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  });

  document.addEventListener('htmx:beforeOnLoad', async event => {
    const { xhr, elt, requestConfig } = event.detail;
    if (xhr.status !== 401) return;
    event.preventDefault(); // the page stays, whatever is typed on it
    const own = requestConfig.verb !== 'get';
    if (await renewed(own)) htmx.ajax(requestConfig.verb, requestConfig.path, { source: elt, values: own ? requestConfig.parameters : undefined });
  });
}

async function look(form, submitter) {
  if (!await renewed(true)) {
    delete form.dataset.sent;
    return;
  }
  form.dataset.looked = '1';
  if (form.dataset.confirm) form.dataset.confirmed = '1'; // was asked already
  form.requestSubmit(submitter);
}

async function renewed(ask) {
  const now = await renew({ ask });
  if (now.token) take(now.token);
  else if (now.offline && ask) say('error', document.body.dataset.lost);
  return Boolean(now.token);
}
