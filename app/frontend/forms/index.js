// The browser's form: window.DaopaiForm.mount(element, options) → handle.
//
// options: schema, data, context (names that only expressions read), locked {path: {reason, who, url}}, unfilled {path: text}, comments {path: [{key, text, author, at,
//   resolved, reply}]}, errors, warnings, problems, readonly, locale ("zh", "en"), files [{id, name, url}], uploadUrl or upload(file, path) → {id, name, url},
//   annotate(path, label), unmask {what, key} (how a masked value that is only read can be shown), onChange(data), onSubmit(data) (Enter in a field).
// handle: data() (with _reasons and _seen), validate() → {errors}, show({errors, warnings, problems}) (marks fields, goes to the first),
//   setComments, setLocked, setReadonly(bool), jump(path), destroy().
//
// Network, drafts and the offline queue belong to the page that mounts the form.
import { Form } from '@bpmn-io/form-js-viewer';

import { ExpressionLanguage } from './feel.js';
import { setCampaignTime } from './feelin.js';
import { Fields } from './fields.js';
import './forms.css';
import { Notes, pathOf } from './notes.js';
import { drawPanel, drawSections, make } from './panel.js';
import { Typed } from './typed.js';
import { speaker, translator } from './words.js';
import { send } from '../shell/net.js';

async function mount(element, options) {
  const locale = options.locale === 'en' ? 'en' : 'zh';
  const say = speaker(locale);
  setCampaignTime(options.context?.as_of ? `${options.context.as_of}T12:00:00+08:00` : null);
  const { _reasons: reasons, _seen: seen, ...values } = options.data ?? {};
  const notes = new Notes({ ...options, reasons, seen });
  const desk = {
    notes, say, locale, annotate: options.annotate, unmask: options.unmask, files: new Map((options.files ?? []).map(file => [ String(file.id), file ])),
    upload: options.upload ?? (options.uploadUrl && uploader(options.uploadUrl, say))
  };
  const panel = make('div', { class: 'dp-panel', role: 'alert', tabindex: '-1', hidden: '' });
  const bar = make('nav', { class: 'dp-bar', 'aria-label': say('sections'), hidden: '' });
  const place = make('div', { class: 'dp-place' });
  element.classList.add('dp-form');
  element.classList.toggle('dp-readonly', Boolean(options.readonly));
  element.replaceChildren(bar, panel, place);

  const form = new Form({
    container: place,
    additionalModules: [ {
      translate: [ 'value', translator(locale) ], expressionLanguage: [ 'type', ExpressionLanguage ], formFields: [ 'type', Fields ], desk: [ 'value', desk ],
      typed: [ 'type', Typed ], __init__: [ 'typed' ]
    } ],
    properties: { readOnly: Boolean(options.readonly) }
  });
  form.on('error', ({ error }) => console.warn(error.message)); // an expression of this form failed
  await form.importSchema(options.schema, { ...options.context, ...values });
  await settled();
  const sections = drawSections(bar, place, say);

  const exists = path => Boolean(path) && Boolean(at(path));
  const at = path => path ? place.querySelector(`[data-path="${CSS.escape(path)}"]`) : null;
  const registry = form.get('formFieldRegistry');
  const labels = labelsOf(options.schema, say);
  const redraw = () => drawPanel(panel, { notes, say, labelOf: labels, jump, exists });
  const data = () => ({
    ...form._getSubmitData(),
    ...(Object.keys(notes.reasons).length ? { _reasons: Object.fromEntries(Object.entries(notes.reasons).filter(([ , text ]) => text.trim())) } : {}),
    ...(notes.seen.size ? { _seen: [ ...notes.seen ] } : {})
  });
  const tell = () => options.onChange?.(data());
  let quiet = JSON.stringify(form._getState().data);
  form.on('changed', 500, ({ data: now }) => {
    const text = JSON.stringify(now);
    if (text !== quiet) {
      quiet = text;
      tell();
    }
    sections.redraw();
  });
  // What the server's errors are about. form-js tells a number twice, the second time after its pause: that is no change.
  let judged = null;
  const take = outcome => {
    judged = structuredClone(form._getState().data);
    notes.take(outcome);
  };
  form.on('field.updated', ({ fieldInstance, value, shouldNotRecompute }) => {
    if (fieldInstance && !shouldNotRecompute && judged) {
      const before = fieldInstance.valuePath.reduce((below, part) => below?.[part], judged);
      if (JSON.stringify(before ?? null) !== JSON.stringify(value ?? null)) {
        notes.forget(pathOf(fieldInstance.valuePath));
      }
    }
  });
  form.on('submit', () => { options.onSubmit?.(data()); });
  notes.listeners.add(redraw);
  notes.onReason = tell;

  /** form-js waits 0.3 s for the next key: what was typed last must not be lost. The focus stays where it is. */
  function flush() {
    if (place.contains(document.activeElement)) {
      document.activeElement.dispatchEvent(new FocusEvent('focusout', { bubbles: true })); // what preact listens to for blur
    }
  }

  function validate() {
    flush();
    const found = form.validate();
    const errors = {};
    for (const instance of form.get('formFieldInstanceRegistry').getAllKeyed()) {
      const texts = Object.values(instance.indexes ?? {}).reduce((below, index) => below?.[index], found[instance.id]);
      const path = pathOf(instance.valuePath);
      if (texts?.length && !notes.lockOn(path) && !registry.get(instance.id).disabled) {
        errors[path] = [ ...texts ];
      }
    }
    return { errors, warnings: [], problems: [] };
  }

  function show(outcome) {
    take(outcome);
    sections.redraw();
    settled().then(reach);
  }

  function reach() {
    const [ first ] = [ ...place.querySelectorAll('.dp-wrong, .dp-reason') ].filter(found => found.offsetParent && (found.matches('.dp-wrong') || !found.querySelector('textarea').value.trim()));
    if (first && Object.keys(notes.errors).length + notes.warnings.length) {
      reveal(first);
    } else if (!panel.hidden) {
      panel.scrollIntoView({ block: 'start', behavior: 'instant' });
      panel.focus({ preventScroll: true });
    }
  }

  function jump(path) {
    const found = at(path);
    if (found) {
      reveal(found);
    }
  }

  function reveal(found) {
    found.scrollIntoView({ block: 'center', behavior: 'instant' });
    (found.matches('.dp-reason') ? found : found.querySelector('.fjs-form-field') ?? found).querySelector('input:not([type=hidden]), select, textarea, button')?.focus({ preventScroll: true });
  }

  if (options.errors || options.warnings || options.problems) {
    take(options);
  }
  redraw();
  return {
    data: () => { flush(); return data(); }, validate, show, jump,
    setComments: comments => { notes.comments = comments ?? {}; notes.changed(); },
    setLocked: locked => { notes.locked = locked ?? {}; notes.changed(); },
    setReadonly: value => { element.classList.toggle('dp-readonly', Boolean(value)); form.setProperty('readOnly', Boolean(value)); notes.changed(); },
    destroy: () => { sections.stop(); form.destroy(); element.classList.remove('dp-form', 'dp-readonly'); element.replaceChildren(); }
  };
}

/** Effects of the first render (computed values, rows' names) have run. */
const settled = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));

function uploader(url, say) {
  return async (file, path) => {
    const body = new FormData();
    body.append('file', file);
    body.append('path', path);
    const answer = await send('POST', url, body, { patience: 120_000, ask: true });
    if (!answer.ok) {
      throw new Error(answer.json.detail || answer.json.message || answer.json.title || say('failed'));
    }
    return answer.json;
  };
}

/** path → label, with the row's number before it. */
function labelsOf(schema, say) {
  const labels = {};
  const walk = (component, prefix, beside = '') => {
    const own = component.type !== 'default' && (component.key || component.path);
    const path = [ prefix, own ].filter(Boolean).join('.');
    if (own) {
      labels[path] = [ beside, component.label || component.dateLabel || component.timeLabel || '' ].filter(Boolean).join(' \u00b7 ');
    }
    // sources side by side: each item has a field of the same name, only the item tells them apart
    const item = component.properties?.compare ? component.label : '';
    (component.components ?? []).forEach(child => walk(child, component.type === 'dynamiclist' ? `${path}[]` : path, item));
  };
  walk(schema, '');
  return path => {
    const label = labels[path.replace(/\[\d+\]/g, '[]')];
    const rows = [ ...path.matchAll(/\[(\d+)\]/g) ].map(found => say('item', { number: Number(found[1]) + 1 }));
    return label ? [ ...rows, label ].join(' ') : '';
  };
}

window.DaopaiForm = { mount };
