// FEEL's types, equality and order. Values are JavaScript's own, and feelin's classes for temporal values, ranges and functions.
import { FeelDate, FeelDateTime, FeelDuration, FeelFunction, FeelRange, FeelTime } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { isNumber, order } from './numbers.js';
import { months, seconds, sameZone, timeline } from './temporal.js';

/** The FEEL type of *value*: null boolean number string list context date time date-time days months range function. */
export function typeOf(value) {
  switch (typeof value) {
  case 'number': return 'number';
  case 'string': return 'string';
  case 'boolean': return 'boolean';
  case 'undefined': return 'null';
  }
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'list';
  }
  if (value instanceof FeelDate) {
    return 'date';
  }
  if (value instanceof FeelDateTime) {
    return 'date time';
  }
  if (value instanceof FeelTime) {
    return 'time';
  }
  if (value instanceof FeelDuration) {
    return value.yearsMonths ? 'months' : 'days';
  }
  if (value instanceof FeelRange) {
    return 'range';
  }
  if (isNumber(value)) {
    return 'number';
  }
  return value instanceof FeelFunction || typeof value === 'function' ? 'function' : 'context';
}

/** The entry *name* of a context: null (with `found` false) when there is none. */
export function entry(context, name) {
  if (Object.hasOwn(context, name)) {
    return context[name];
  }
  // names with spaces or signs may be written in more than one way
  const wanted = normalizeContextKey(name);
  for (const key of Object.keys(context)) {
    if (normalizeContextKey(key) === wanted) {
      return context[key];
    }
  }
  return undefined;
}

/** Sets an own entry, whatever its name (`__proto__` too). */
export function put(context, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(context, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    context[name] = value;
  }
  return context;
}

/** What orders two values of the same type, or undefined for types without an order. */
function ordinal(value, type) {
  switch (type) {
  case 'number':
  case 'string':
    return value;
  case 'date':
  case 'time':
  case 'date time':
    return timeline(value);
  case 'days':
    return seconds(value);
  case 'months':
    return months(value);
  default:
    return undefined;
  }
}

/** -1, 0, 1, or null when the values cannot be compared. */
export function compare(a, b) {
  const type = typeOf(a);
  if (type !== typeOf(b)) {
    return null;
  }
  if (type === 'number') {
    return order(a, b);
  }
  if (type === 'string') {
    return compareText(a, b);
  }
  const left = ordinal(a, type);
  const right = ordinal(b, type);
  if (left === undefined || left === null || right === null) {
    return null;
  }
  // a moment with a zone and one without have no order
  if ((type === 'time' || type === 'date time') && (a.zone === null) !== (b.zone === null)) {
    return null;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By code points, not by UTF-16 units. */
function compareText(a, b) {
  if (a === b) {
    return 0;
  }
  const left = Array.from(a);
  const right = Array.from(b);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index] !== right[index]) {
      return left[index].codePointAt(0) < right[index].codePointAt(0) ? -1 : 1;
    }
  }
  return left.length < right.length ? -1 : 1;
}

/** FEEL's `=`: true, false, or null when the types differ. With *strict* as in `is()`: also the same zone. */
export function equals(a, b, strict = false) {
  let left = typeOf(a);
  let right = typeOf(b);
  if (left === 'null' || right === 'null') {
    return left === right;
  }
  // a list of one element equals that element
  if (left === 'list' && right !== 'list' && a.length === 1 && !strict) {
    return equals(a[0], b);
  }
  if (right === 'list' && left !== 'list' && b.length === 1 && !strict) {
    return equals(a, b[0]);
  }
  if (left !== right) {
    return strict || (left === 'range' && right === 'function' && b.test) || (right === 'range' && left === 'function' && a.test) ? false : null;
  }
  switch (left) {
  case 'number':
    return order(a, b) === 0;
  case 'boolean':
  case 'string':
    return a === b;
  case 'list':
    return a.length === b.length && a.every((item, index) => equals(item, b[index], strict) === true);
  case 'context':
    return equalContexts(a, b, strict);
  case 'range':
    return equalRanges(a, b, strict);
  case 'function':
    // `= 5` and `!= 5` where a value is wanted
    return a === b || Boolean(a.test && b.test && a.test.operator === b.test.operator && equals(a.test.operand, b.test.operand, strict) === true);
  case 'time':
  case 'date time':
    if ((a.zone === null) !== (b.zone === null) || (strict && !sameZone(a.zone, b.zone))) {
      return false;
    }
    return timeline(a) === timeline(b);
  default:
    return ordinal(a, left) === ordinal(b, left);
  }
}

function equalContexts(a, b, strict) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length
    && keys.every(key => Object.hasOwn(b, key) && equals(a[key], b[key], strict) === true);
}

function equalRanges(a, b, strict) {
  return a.without === b.without && Boolean(a['start included']) === Boolean(b['start included'])
    && Boolean(a['end included']) === Boolean(b['end included'])
    && equals(a.start, b.start, strict) === true
    && equals(a.end, b.end, strict) === true;
}

const OPEN = Symbol('open');

/** A range over *start* and *end*; `OPEN` bounds are unlimited. Null when the bounds cannot be compared or do not stand in order. */
export function range(start, end, startIncluded, endIncluded) {
  const opened = [ start, end ].map(bound => bound === OPEN ? null : bound);
  if (start !== OPEN && end !== OPEN && opened[0] !== null && opened[1] !== null) {
    const order = compare(opened[0], opened[1]);
    if (order === null || order > 0) {
      return null;
    }
  }
  const given = opened[0] ?? opened[1];
  const type = typeOf(given);
  if (given !== null && ordinal(given, type) === undefined) {
    return null;
  }
  const result = new FeelRange({
    start: opened[0],
    end: opened[1],
    'start included': startIncluded && opened[0] !== null,
    'end included': endIncluded && opened[1] !== null,
    valueType: type === 'days' || type === 'months' ? 'duration' : given === null ? null : type
  });
  // a bound that is null is not the same as none
  return Object.defineProperty(result, 'without', { value: `${start === OPEN} ${end === OPEN}` });
}

export { OPEN };

/** Whether *value* lies in *range*: true, false, or null when it cannot be compared. */
export function within(range, value) {
  if (value === null || value === undefined || (range.start === null && range.end === null)) {
    return null;
  }
  const low = range.start === null ? 1 : compare(value, range.start);
  const high = range.end === null ? -1 : compare(value, range.end);
  if (low === null || high === null) {
    return null;
  }
  return (low > 0 || (low === 0 && range['start included'])) && (high < 0 || (high === 0 && range['end included']));
}
