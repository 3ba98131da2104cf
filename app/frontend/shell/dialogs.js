// Dialogs: [data-open="id"] opens, [data-close] closes, form[data-confirm] asks first.
export function installDialogs() {
  document.addEventListener('click', event => {
    const opener = event.target.closest('[data-open]');
    if (opener) {
      document.getElementById(opener.dataset.open)?.showModal();
    }
    if (event.target.closest('[data-close]')) {
      event.target.closest('dialog')?.close();
    }
    if (event.target instanceof HTMLDialogElement) {
      event.target.close(); // a tap beside it
    }
  });

  // In the capture phase: before htmx and before the guard against sending twice.
  document.addEventListener('submit', event => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form.dataset.confirm).then(yes => {
      if (yes) {
        form.dataset.confirmed = '1';
        form.requestSubmit(event.submitter);
      }
    });
  }, true);

  document.addEventListener('htmx:confirm', event => {
    if (!event.detail.question) {
      return;
    }
    event.preventDefault();
    ask(event.detail.question).then(yes => yes && event.detail.issueRequest(true));
  });
}

export function ask(question) {
  const dialog = document.getElementById('ask');
  dialog.querySelector('[data-ask-text]').textContent = question;
  dialog.showModal();
  return new Promise(resolve => {
    const yes = dialog.querySelector('[data-ask-yes]');
    const no = dialog.querySelector('[data-ask-no]');
    const end = answer => {
      yes.onclick = no.onclick = dialog.onclose = null;
      dialog.close();
      resolve(answer);
    };
    yes.onclick = () => end(true);
    no.onclick = () => end(false);
    dialog.onclose = () => end(false);
  });
}
