// What the server put into the page: data, sentences, elements.

function json(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
}

export const task = json('task-data');
export const bulk = json('bulk-data');
export const texts = json('task-texts') || {};
export const locale = document.documentElement.lang.startsWith('en') ? 'en' : 'zh';

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [ name, value ] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

// A box in which one line is asked; resolves to the text, or null.
export function ask(question, value = '') {
  return new Promise(resolve => {
    const input = make('textarea', { class: 'form-control', rows: 3, maxlength: 1000, 'aria-label': question });
    input.value = value;
    const form = make('form', { method: 'dialog' },
      make('label', { class: 'form-label' }, question, input),
      make('div', { class: 'dialog-buttons' },
        make('button', { class: 'btn', type: 'button', onclick: () => dialog.close() }, texts.cancel),
        make('button', { class: 'btn btn-primary', type: 'submit', value: 'save' }, texts.save)));
    const dialog = make('dialog', { class: 'dialog' }, form);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'save' ? input.value : null);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}

// Something that went wrong, in words, beside the button that was pressed.
export function problem(title, ...more) {
  const box = find('[data-problem]');
  if (!box) return;
  box.replaceChildren();
  box.hidden = !title;
  if (!title) return;
  box.append(make('p', { class: 'notice-title' }, title), ...more.map(each => (typeof each === 'string' ? make('p', {}, each) : each)));
  box.scrollIntoView({ block: 'nearest' });
}

// Problems come as RFC 9457 (title, detail) or with a title of ours.
export const words = json => [ json.title, json.detail ].filter(Boolean).join(' ');
