// Above the form: what must be corrected, explained or confirmed, each with a way to its place.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([ name, value ]) => name.startsWith('on') ? element.addEventListener(name.slice(2), value) : value !== null && element.setAttribute(name, value));
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
};

export function drawPanel(panel, { notes, say, labelOf, jump, exists }) {
  const place = (path, text) => exists(path) ? make('a', { href: '#', onclick: event => { event.preventDefault(); jump(path); } }, text) : make('span', {}, text);
  const named = (path, text) => path && labelOf(path) ? `${labelOf(path)}${say('colon')}${text}` : text;
  const blocks = [];
  const errors = Object.entries(notes.errors).flatMap(([ path, texts ]) => texts.map(text => [ path, text ]));
  if (errors.length) {
    blocks.push(block('dp-errors', say('errors', { count: errors.length }), errors.map(([ path, text ]) => make('li', {}, place(path, named(path, text))))));
  }
  const open = notes.warnings.filter(finding => !(notes.reasons[finding.id] ?? '').trim());
  if (open.length) {
    blocks.push(block('dp-warnings', say('warnings', { count: open.length }), open.map(finding => make('li', {}, place(finding.path, finding.text), !exists(finding.path) && reason(finding)))));
  }
  if (notes.problems.length) {
    blocks.push(block('dp-problems', say('problems', { count: notes.problems.length }), notes.problems.map(finding => make('li', {}, place(finding.path, finding.text))), say('problemsHint')));
  }
  panel.replaceChildren(...blocks);
  panel.hidden = !blocks.length;

  function reason(finding) {
    const box = make('textarea', { rows: 2, maxlength: 1000, 'aria-label': say('reason'), placeholder: say('reasonHint'), oninput: event => { notes.reasons[finding.id] = event.target.value; notes.onReason?.(); } });
    box.value = notes.reasons[finding.id] ?? '';
    return box;
  }
}

function block(name, title, items, hint) {
  return make('section', { class: `dp-block ${name}` }, make('h3', {}, title), make('ul', {}, ...items), hint && make('p', {}, hint));
}

// --- sections ---------------------------------------------------------------------------------------------------------

/** "第 3 / 9 节" that follows the reader, with a list to jump; only where a form has at least three sections. */
export function drawSections(bar, root, say) {
  const here = () => [ ...root.querySelectorAll('.dp-section') ].filter(section => !section.parentElement.closest('.dp-section, .dp-rows') && section.offsetParent);
  const title = make('span', { class: 'dp-here' });
  const summary = make('summary', {}, make('span', { class: 'dp-number' }), title);
  const list = make('ol');
  const details = make('details', {}, summary, list);
  const progress = make('progress', { max: 1, value: 0, 'aria-hidden': 'true' });
  bar.append(details, progress);
  let waiting = 0;

  function redraw() {
    waiting = 0;
    const sections = here();
    bar.hidden = sections.length < 3;
    if (bar.hidden) {
      return;
    }
    const line = bar.getBoundingClientRect().bottom + 120;
    const current = Math.max(0, sections.findLastIndex(section => section.getBoundingClientRect().top <= line));
    summary.firstChild.textContent = say('section', { number: current + 1, total: sections.length });
    title.textContent = nameOf(sections[current]);
    progress.max = sections.length;
    progress.value = current + 1;
    const items = sections.map((section, index) => {
      const wrong = section.querySelectorAll('.dp-wrong').length;
      return make('li', {}, make('a', { href: '#', 'aria-current': index === current ? 'step' : null, onclick: event => {
        event.preventDefault();
        details.open = false;
        section.scrollIntoView({ block: 'start', behavior: 'instant' });
      } }, nameOf(section)), wrong > 0 && make('span', { class: 'dp-count' }, say('missing', { count: wrong })));
    });
    list.replaceChildren(...items);
  }

  const later = () => { waiting ||= requestAnimationFrame(redraw); };
  addEventListener('scroll', later, { passive: true, capture: true });
  addEventListener('resize', later);
  redraw();
  return { redraw: later, stop: () => { removeEventListener('scroll', later, { capture: true }); removeEventListener('resize', later); cancelAnimationFrame(waiting); } };
}

const nameOf = section => section.querySelector('.fjs-form-field-label')?.textContent ?? '';
export { make };
