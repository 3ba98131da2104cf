import { send } from './net.js';

// A masked value is shown after a reason was given; it is never kept, and masked again after a minute.
const SHOWN_FOR = 60_000;

export function installPersonal() {
  let place;
  const dialog = () => document.getElementById('unmask');

  document.addEventListener('click', event => {
    const button = event.target.closest('[data-unmask]');
    if (!button) {
      return;
    }
    place = button.closest('[data-personal]');
    const form = dialog().querySelector('form');
    form.elements.what.value = place.dataset.personal;
    form.elements.key.value = place.dataset.key;
    form.elements.reason.value = '';
    form.querySelector('[data-unmask-error]').hidden = true;
    dialog().showModal();
  });

  document.addEventListener('submit', async event => {
    const form = event.target;
    if (!form.matches('[data-unmask-form]')) {
      return;
    }
    event.preventDefault();
    const { ok, json: content } = await send('POST', form.action, new FormData(form), { ask: true });
    if (ok) {
      dialog().close();
      show(place, content.value);
    } else {
      const error = form.querySelector('[data-unmask-error]');
      error.textContent = content.error || content.title || document.body.dataset.lost;
      error.hidden = false;
    }
  }, true);
}

function show(place, value) {
  const shown = place.querySelector('[data-personal-value]');
  const masked = shown.textContent;
  shown.textContent = value;
  place.dispatchEvent(new CustomEvent('daopai:shown', { bubbles: true }));
  const button = place.querySelector('[data-unmask]');
  button.hidden = true;
  setTimeout(() => {
    shown.textContent = masked;
    place.dispatchEvent(new CustomEvent('daopai:masked', { bubbles: true }));
    button.hidden = false;
  }, SHOWN_FOR);
}
