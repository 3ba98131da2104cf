// Numbers as people type them: "1,200", full-width digits, a comma or an unfinished "12." stay in the box as they are; the value follows after a
// pause or when the field is left. (form-js's own number field tells a value again when it is drawn again, and its second timer then fails.)
import { Errors, Label, Numberfield } from '@bpmn-io/form-js-viewer';
import { createElement as h } from 'preact';
import { useEffect, useRef, useReducer } from 'preact/hooks';

import { LongNumber, identity, revived } from './long-number.js';
import { isNone, numberOf } from './typed.js';

/** Milliseconds after the last key before the form computes again. */
const PAUSE = 300;

const cleaned = text => text.normalize('NFKC').replace(/[,\s]/g, '');

/** The value of a text: a number, null for none; form-js's word for what is no number is "NaN", and it refuses that. */
function parsed(text, field) {
  const plain = cleaned(text);
  if (!plain) {
    return null;
  }
  return numberOf(plain, field);
}

export function NumberInput({ domId, disabled, errors = [], field, onBlur, onChange, onFocus, readonly, value }) {
  const [ , redraw ] = useReducer(count => count + 1, 0);
  const typed = useRef(null);
  const waiting = useRef(0);
  const tell = useRef();
  tell.current = () => {
    clearTimeout(waiting.current);
    waiting.current = 0;
    const now = typed.current === null ? value ?? null : parsed(typed.current, field);
    if (identity(now) !== identity(value)) {
      onChange({ field, value: now });
    } else {
      redraw();
    }
  };
  useEffect(() => () => clearTimeout(waiting.current), []);
  const seen = useRef(value);
  if (value !== seen.current && !waiting.current && typed.current !== null && identity(parsed(typed.current, field)) !== identity(value)) {
    typed.current = null; // changed from elsewhere
  }
  seen.current = value;
  const text = typed.current ?? (value === null || value === undefined || isNone(value) ? '' : String(revived(value)));
  const { prefixAdorner: before, suffixAdorner: after } = field.appearance ?? {};
  const beside = (content, side) => content && h('span', { class: `fjs-input-adornment border-${side === 'left' ? 'right' : 'left'} border-radius-${side}` }, h('span', { class: 'fjs-input-adornment-text' }, content));
  return h('div', { class: `fjs-form-field fjs-form-field-number${errors.length ? ' fjs-has-errors' : ''}${disabled ? ' fjs-disabled' : ''}${readonly ? ' fjs-readonly' : ''}` },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    h('div', { class: `fjs-input-group${disabled ? ' fjs-disabled' : ''}${readonly ? ' fjs-readonly' : ''}${errors.length ? ' hasErrors' : ''}` },
      beside(before, 'left'),
      h('input', {
        id: domId, class: 'fjs-input', type: 'text', inputMode: field.decimalDigits === 0 ? 'numeric' : 'decimal', autoComplete: 'off', value: text, disabled, readOnly: readonly,
        'aria-invalid': errors.length > 0, 'aria-describedby': `${domId}-description ${domId}-error-message`,
        onInput: event => {
          typed.current = event.target.value;
          clearTimeout(waiting.current);
          waiting.current = setTimeout(() => tell.current(), PAUSE);
        },
        onKeyDown: event => { if (event.key === 'Enter') tell.current(); },
        onFocus: () => onFocus?.(),
        onBlur: () => {
          tell.current();
          onBlur?.();
        }
      }),
      beside(after, 'right')),
    h(Errors, { id: `${domId}-error-message`, errors }));
}
NumberInput.config = {
  ...Numberfield.config,
  sanitizeValue: given => revived(given.value) instanceof LongNumber ? revived(given.value) : Numberfield.config.sanitizeValue(given)
};
