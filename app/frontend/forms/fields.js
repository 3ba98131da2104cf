// form-js's components, dressed: each shows its lock, comments, warnings and the server's errors, and folds its explanation. Choices and dates use
// the device's own pickers (a phone's wheel beats a drawn one), computed values are shown, files are uploaded at once and kept by id.
import {
  Checkbox, Checklist, Datetime, DynamicList, ExpressionField, FilePicker, FormContext, FormFields, Group, Html, Image, Label, Errors,
  LocalExpressionContext, Radio, Select, Taglist, Textarea, Textfield, buildExpressionContext, useExpressionEvaluation
} from '@bpmn-io/form-js-viewer';
import { createElement as h } from 'preact';
import { useContext, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

import { pathOf } from './notes.js';
import { readable } from './long-number.js';
import { NumberInput } from './numbers.js';

const useService = name => useContext(FormContext).getService(name);

function useNotes() {
  const desk = useService('desk');
  const [ , redraw ] = useReducer(count => count + 1, 0);
  useEffect(() => {
    desk.notes.listeners.add(redraw);
    return () => desk.notes.listeners.delete(redraw);
  }, [ desk ]);
  return desk;
}

/** Choices that fit beside each other: 是 / 否. */
const short = field => (field.type === 'radio' || field.type === 'checklist') && Array.isArray(field.values) && field.values.length < 4
  && field.values.reduce((length, option) => length + 2 + String(option.label ?? '').length * (/^[\x00-\x7f]*$/.test(option.label ?? '') ? 0.6 : 1), 0) < 16;

const bare = new WeakMap();

/** The field without its description, which we fold ourselves. */
function undescribed(field) {
  if (!bare.has(field)) {
    bare.set(field, { ...field, description: undefined });
  }
  return bare.get(field);
}

function Dressed({ Inner, props }) {
  const { notes, say, annotate } = useNotes();
  const path = pathOf(props.fieldInstance?.valuePath ?? []);
  const lock = notes.lockOn(path);
  const fromServer = notes.errors[path] ?? [];
  const errors = [ ...props.errors.filter(text => !fromServer.includes(text)), ...fromServer ];
  const warnings = notes.warningsAt(path);
  const label = props.field.label || props.field.dateLabel || props.field.timeLabel || path;
  const fact = Inner !== Computed && Inner !== Files && Inner !== Taglist && (props.field.readonly === true || useService('form')._getState().properties.readOnly);
  // form-js takes over typed text after a pause only: until then a redraw of the field would put the old text back into its box.
  const typed = useRef(null);
  const typing = Inner === Textfield || Inner === Textarea ? {
    value: typed.current ?? props.value,
    onChange: change => { typed.current = null; props.onChange(change); }
  } : {};
  const onInputCapture = event => {
    if (event.target.id === props.domId) { // not a reason below the field
      typed.current = event.target.value;
    }
  };
  return h('div', { onInputCapture, class: `dp-field${lock ? ' dp-held' : ''}${errors.length ? ' dp-wrong' : ''}${short(props.field) ? ' dp-short' : ''}${fact ? ' dp-fact' : ''}`, 'data-path': path },
    fact ? h(Fact, props)
      : h(Inner, { ...props, ...typing, field: undescribed(props.field), errors: lock ? [] : errors, readonly: props.readonly || Boolean(lock) }),
    h(Help, { text: fact ? '' : props.field.description, id: `${props.domId}-description`, say }),
    lock && lock.path === path && h(Lock, { lock, say }),
    notes.unfilled[path] && h(Unfilled, { text: notes.unfilled[path] }),
    warnings.map(finding => h(Reason, { key: finding.id, finding, notes, say })),
    h(Comments, { comments: notes.comments[path], say }),
    annotate && h('button', { type: 'button', class: 'dp-annotate', onClick: () => annotate(path, label), 'aria-label': `${say('annotate')}: ${label}` }, say('annotate')));
}

/** What is only read: a line, not a box. */
function Fact({ domId, field, fieldInstance, value }) {
  const { say, unmask } = useService('desk');
  const options = useOptions(field);
  const named = one => options.find(option => option.value === one)?.label ?? String(one);
  if (field.properties?.hidden) {
    return null; // a key of the record that means nothing to people
  }
  const empty = value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
  const text = empty ? say('none')
    : typeof value === 'boolean' ? say(value ? 'yes' : 'no')
      : Array.isArray(value) ? value.map(named).join(say('comma'))
        : field.type === 'datetime' ? shown(field.subtype ?? 'date', value).replace('T', ' ')
          : (options.length ? null : readable(value)) ?? named(value);
  const unit = empty ? '' : field.appearance?.suffixAdorner ?? '';
  return h('div', { class: 'fjs-form-field dp-line' }, h('span', { class: 'dp-label', id: `${domId}-label` }, field.label || field.dateLabel || field.timeLabel),
    h('output', { id: domId, 'aria-labelledby': `${domId}-label` }, unmask && field.properties?.personal && String(text).includes('*')
      ? h('span', { class: 'personal', 'data-personal': unmask.what, 'data-key': `${unmask.key}|${pathOf(fieldInstance?.valuePath ?? [])}` }, h('span', { 'data-personal-value': true }, text), ' ',
        h('button', { type: 'button', class: 'dp-quiet', 'data-unmask': true }, say('unmask')))
      : text, unit && h('small', null, ` ${unit}`)));
}

function Help({ text, id, say }) {
  if (!text) {
    return null;
  }
  return h('details', { class: 'dp-help', open: window.matchMedia('(min-width: 900px)').matches }, h('summary', null, say('help')), h('p', { id }, text));
}

/** A formula that should have filled this place failed. */
function Unfilled({ text }) {
  return h('p', { class: 'dp-unfilled', role: 'note' }, text);
}

export function Lock({ lock, say }) {
  return h('p', { class: 'dp-lock', role: 'note' }, h('strong', null, say('held')), ' ', lock.reason, lock.who && ` · ${say('by', { who: lock.who })}`, ' ',
    lock.url && h('a', { href: lock.url }, say('open')));
}

export function Reason({ finding, notes, say, linked }) {
  const id = `dp-reason-${finding.id}`;
  return h('div', { class: 'dp-reason' },
    h('label', { for: id }, linked ?? finding.text),
    h('textarea', {
      id, rows: 2, maxLength: 1000, value: notes.reasons[finding.id] ?? '', placeholder: say('reasonHint'), required: true,
      onInput: event => { notes.reasons[finding.id] = event.target.value; notes.onReason?.(); }
    }));
}

export function Comments({ comments, say }) {
  return comments?.length ? h('ul', { class: 'dp-comments' }, comments.map(comment => h('li', { key: comment.key, class: comment.resolved ? 'dp-resolved' : '' },
    h('span', null, comment.text),
    comment.reply && h('span', { class: 'dp-reply' }, say('answered', { text: comment.reply })),
    h('small', null, [ comment.author, moment(comment.at), comment.resolved && say('resolved') ].filter(Boolean).join(' · '))))) : null;
}

const moment = at => at && /^\d{4}-\d\d-\d\dT/.test(at) ? new Intl.DateTimeFormat('zh-CN', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Shanghai' }).format(new Date(at)) : at;

// --- choices by the device's own list ---------------------------------------------------------------------------------

function useOptions(field) {
  const form = useService('form');
  const computed = useExpressionEvaluation(field.valuesExpression);
  const listed = field.valuesExpression ? computed : field.valuesKey ? form._getState().initialData?.[field.valuesKey] : field.values;
  return (Array.isArray(listed) ? listed : []).map(option => typeof option === 'object' && option ? option : { value: option, label: String(option) });
}

function NativeSelect({ domId, disabled, errors = [], field, onBlur, onChange, onFocus, readonly, value }) {
  const { say } = useService('desk');
  const options = useOptions(field);
  const position = options.findIndex(option => option.value === value);
  return h('div', { class: `fjs-form-field fjs-form-field-select${errors.length ? ' fjs-has-errors' : ''}${readonly ? ' fjs-readonly' : ''}` },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    h('select', {
      id: domId, class: 'dp-select', disabled: disabled || readonly, value: position < 0 ? '' : String(position), onBlur: () => onBlur?.(), onFocus: () => onFocus?.(),
      'aria-invalid': errors.length > 0, 'aria-describedby': `${domId}-description ${domId}-error-message`,
      onChange: event => onChange({ field, value: event.target.value === '' ? null : options[Number(event.target.value)].value })
    }, h('option', { value: '' }, readonly ? '' : say('choose')), options.map((option, index) => h('option', { key: index, value: String(index) }, option.label))),
    h(Errors, { id: `${domId}-error-message`, errors }));
}
NativeSelect.config = Select.config;

// --- dates and times, always in the campaign's zone -------------------------------------------------------------------

const ZONE = '+08:00';
const KINDS = { date: 'date', time: 'time', datetime: 'datetime-local' };

function shown(subtype, value) {
  if (typeof value !== 'string' || !value) {
    return '';
  }
  if (subtype === 'datetime') {
    const instant = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : value + ZONE);
    return Number.isNaN(instant) ? '' : new Date(instant + 8 * 3600e3).toISOString().slice(0, 16);
  }
  return subtype === 'time' ? value.slice(0, 5) : value;
}

function NativeDatetime({ domId, disabled, errors = [], field, onBlur, onChange, onFocus, readonly, value }) {
  const { subtype = 'date' } = field;
  const zone = field.timeSerializingFormat === 'no_timezone' ? '' : ZONE;
  const written = text => !text ? null : subtype === 'date' ? text : (text.length === 16 ? `${text}:00` : text) + zone;
  return h('div', { class: `fjs-form-field fjs-form-field-datetime${errors.length ? ' fjs-has-errors' : ''}${readonly ? ' fjs-readonly' : ''}` },
    h(Label, { htmlFor: domId, label: field.dateLabel || field.timeLabel, required: field.validate?.required }),
    h('input', {
      id: domId, class: 'fjs-input', type: KINDS[subtype], value: shown(subtype, value), disabled, readOnly: readonly, onBlur: () => onBlur?.(), onFocus: () => onFocus?.(),
      'aria-invalid': errors.length > 0, 'aria-describedby': `${domId}-description ${domId}-error-message`,
      onChange: event => onChange({ field, value: written(event.target.value) })
    }),
    h(Errors, { id: `${domId}-error-message`, errors }));
}
NativeDatetime.config = Datetime.config;

// --- computed values --------------------------------------------------------------------------------------------------

/** Corrections in a row that one change may cause before we take it for a circle. */
const CORRECTIONS = 10;

function Computed({ domId, field, onChange, value, errors = [] }) {
  const { say } = useService('desk');
  const eventBus = useService('eventBus');
  const computed = useExpressionEvaluation(field.expression) ?? null;
  const corrections = useRef(0);
  useEffect(() => {
    const fresh = ({ shouldNotRecompute }) => { // no value returned: it would keep the event from the next listener
      if (!shouldNotRecompute) {
        corrections.current = 0;
      }
    };
    eventBus.on('field.updated', fresh);
    return () => eventBus.off('field.updated', fresh);
  }, [ eventBus ]);
  useEffect(() => {
    if (JSON.stringify(computed) !== JSON.stringify(value ?? null) && corrections.current < CORRECTIONS) {
      corrections.current++;
      onChange({ field, value: computed, shouldNotRecompute: true });
    }
  });
  const now = value ?? computed;
  const text = readable(now) ?? now ?? say('none');
  return h('div', { class: 'fjs-form-field dp-computed' }, h(Label, { htmlFor: domId, label: field.label }),
    h('output', { id: domId, 'aria-live': 'polite' }, String(text), h('small', null, say('computed'))), h(Errors, { id: `${domId}-error-message`, errors }));
}
Computed.config = { ...ExpressionField.config, escapeGridRender: false };

// --- files ------------------------------------------------------------------------------------------------------------

function Files({ domId, disabled, errors = [], field, fieldInstance, onChange, readonly, value }) {
  const { say, upload, files } = useService('desk');
  const [ state, setState ] = useState('');
  const ids = Array.isArray(value) ? value : [];
  const choose = async event => {
    const chosen = [ ...event.target.files ];
    event.target.value = '';
    setState('uploading');
    const added = [];
    for (const file of chosen) {
      try {
        const kept = await upload(file, pathOf(fieldInstance.valuePath));
        files.set(String(kept.id), kept);
        added.push(String(kept.id));
      } catch (error) {
        setState(error.message || 'failed');
      }
    }
    if (added.length) {
      onChange({ field, value: [ ...ids, ...added ] });
    }
    setState(now => added.length === chosen.length ? '' : now === 'uploading' ? 'failed' : now);
  };
  return h('div', { class: 'fjs-form-field dp-files' },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    ids.length > 0 && h('ul', null, ids.map((id, index) => h('li', { key: id },
      files.get(id)?.url ? h('a', { href: files.get(id).url }, files.get(id).name) : h('span', null, files.get(id)?.name ?? `${say('file')} ${index + 1}`),
      !readonly && h('button', { type: 'button', class: 'dp-quiet', 'aria-label': say('removeFile', { name: files.get(id)?.name ?? String(index + 1) }),
        onClick: () => onChange({ field, value: ids.filter(other => other !== id) }) }, say('remove'))))),
    !readonly && !disabled && (upload ? h('label', { class: 'dp-upload', for: domId }, state === 'uploading' ? say('uploading') : say('upload'),
      h('input', { id: domId, type: 'file', multiple: Boolean(field.multiple), accept: field.accept, onChange: choose, disabled: state === 'uploading' })) : h('p', { class: 'dp-quiet' }, say('noUpload'))),
    h(Errors, { id: `${domId}-error-message`, errors: state && state !== 'uploading' ? [ ...errors, state === 'failed' ? say('failed') : state ] : errors }));
}
Files.config = FilePicker.config;

// --- containers -------------------------------------------------------------------------------------------------------

function Section(props) {
  const { notes, say } = useNotes();
  const path = pathOf(props.fieldInstance?.valuePath ?? []);
  const lock = path && notes.lockOn(path);
  const differs = props.field.properties?.compare === 'true' && new Set(Object.values(props.value ?? {}).filter(value => value !== null && value !== '')).size > 1;
  return h('div', { class: `dp-section${lock ? ' dp-held' : ''}${differs ? ' dp-differs' : ''}`, 'data-section': props.field.id }, differs && h('p', { class: 'dp-difference' }, say('differs')), path && notes.unfilled[path] && h(Unfilled, { text: notes.unfilled[path] }), lock && lock.path === path && h(Lock, { lock, say }), h(Group, props));
}
Section.config = Group.config;

function Rows(props) {
  const { notes, say, locale } = useNotes();
  const path = pathOf(props.fieldInstance?.valuePath ?? []);
  const lock = notes.lockOn(path);
  const item = props.field.properties?.[locale === 'en' ? 'itemEn' : 'item'];
  const context = useContext(LocalExpressionContext);
  const count = (buildExpressionContext(context), props.value?.length ?? 0);
  const root = useRef();
  useEffect(() => { // form-js names neither its rows nor its buttons; text only, so that nothing of a name is read as markup
    root.current.querySelectorAll(':scope .fjs-repeat-row-remove').forEach((button, index) => button.setAttribute('aria-label', say('removeRow', { number: index + 1 })));
    const add = root.current.querySelector(':scope > .fjs-form-field > .fjs-repeat-render-footer .fjs-repeat-render-add');
    if (add?.lastChild && item) {
      add.lastChild.textContent = say('add', { item: locale === 'en' ? item.toLowerCase() : item });
    }
  });
  const compact = props.field.properties?.compact === 'true' ? ' dp-compact' : '';
  return h('div', {
    ref: root, class: `dp-rows${lock ? ' dp-held' : ''}${compact}${props.field.allowAddRemove ? '' : ' dp-fixed'}`, 'data-path': path, 'data-count': count,
    style: { '--item': JSON.stringify(item ?? '') }
  },
  lock && lock.path === path && h(Lock, { lock, say }),
  notes.unfilled[path] && h(Unfilled, { text: notes.unfilled[path] }),
  h(DynamicList, { ...props, readonly: props.readonly || Boolean(lock) }),
  (notes.errors[path] ?? []).length > 0 && h('div', { class: 'fjs-form-field fjs-has-errors' }, h(Errors, { id: `${props.domId}-error-message`, errors: notes.errors[path] })),
  notes.warningsAt(path).map(finding => h(Reason, { key: finding.id, finding, notes, say })),
  h(Comments, { comments: notes.comments[path], say }));
}
Rows.config = DynamicList.config;

// --- what is only shown -----------------------------------------------------------------------------------------------

/** An address on this site, or an image in the address itself; what the server lets through, for what a form computes, too. */
const OWN = /^(\/(?![/\\])|#|\?|[\w.%-]+([/?#]|$))[^\\]*$/;
const OWN_IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/;

/** HTML and images without outside addresses: nothing on a page leads or asks elsewhere. */
function Shown({ Inner, props }) {
  const root = useRef();
  useLayoutEffect(() => {
    root.current.querySelectorAll('[href], [src]').forEach(element => [ 'href', 'src' ].forEach(name => {
      const address = element.getAttribute(name);
      if (address !== null && !OWN.test(address.trim()) && !(name === 'src' && OWN_IMAGE.test(address))) {
        element.removeAttribute(name);
      }
    }));
  });
  return h('div', { ref: root, class: 'dp-shown' }, h(Inner, props));
}

const INNER = {
  textfield: Textfield, textarea: Textarea, number: NumberInput, checkbox: Checkbox, checklist: Checklist, radio: Radio, taglist: Taglist,
  select: NativeSelect, datetime: NativeDatetime, expression: Computed, filepicker: Files
};

export class Fields extends FormFields {
  constructor() {
    super();
    for (const [ type, Inner ] of Object.entries(INNER)) {
      const Field = props => h(Dressed, { Inner, props });
      Field.config = Inner.config;
      this.register(type, Field);
    }
    for (const Inner of [ Html, Image ]) {
      const Field = props => h(Shown, { Inner, props });
      Field.config = Inner.config;
      this.register(Inner.config.type, Field);
    }
    this.register('group', Section);
    this.register('dynamiclist', Rows);
  }
}
