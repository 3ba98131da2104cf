// The bulk bar of a form appears when rows are ticked and says how many.
export function installBulk() {
  document.addEventListener('change', event => {
    if (event.target.matches('[data-bulk]')) {
      count(event.target.form);
    }
  });

  document.addEventListener('click', event => {
    if (event.target.closest('[data-bulk-none]')) {
      const form = event.target.closest('form');
      for (const box of form.querySelectorAll('[data-bulk]:checked')) {
        box.checked = false;
      }
      count(form);
    }
  });

  // The browser may bring ticks back with the page.
  window.addEventListener('pageshow', () => {
    for (const bar of document.querySelectorAll('[data-bulk-bar]')) {
      count(bar.closest('form'));
    }
  });

  document.addEventListener('htmx:afterSettle', () => {
    for (const bar of document.querySelectorAll('[data-bulk-bar]')) {
      count(bar.closest('form'));
    }
  });
}

function count(form) {
  const bar = form?.querySelector('[data-bulk-bar]');
  if (bar) {
    const ticked = form.querySelectorAll('[data-bulk]:checked').length;
    bar.hidden = ticked === 0;
    bar.querySelector('[data-bulk-count]').textContent = ticked;
  }
}
