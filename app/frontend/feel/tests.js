// Comparisons and unary tests.
import { FeelFunction, FeelRange } from 'feelin';

import { compare, equals, within } from './values.js';

const ordered = holds => (a, b) => {
  const order = compare(a, b);
  return order === null ? null : holds(order);
};

/** FEEL's comparison operators: true, false, or null when the operands cannot be compared. */
export const relation = {
  '=': (a, b) => equals(a, b),
  '!=': (a, b) => {
    const result = equals(a, b);
    return result === null ? null : !result;
  },
  '<': ordered(order => order < 0),
  '<=': ordered(order => order <= 0),
  '>': ordered(order => order > 0),
  '>=': ordered(order => order >= 0)
};

/** Marks a test whose boolean result is the answer (`count(x) > 2`), not a value to compare with (`true`, a variable). */
export const TRUTH = Symbol('truth');

/** Whether *input* passes the test that yielded *result*: a value, a range, a list of these, or a function. */
export function passes(input, result, kind) {
  if (typeof result === 'boolean' && kind === TRUTH) {
    return result;
  }
  if (result instanceof FeelRange) {
    return input instanceof FeelRange ? covers(result, input) : within(result, input);
  }
  if (result instanceof FeelFunction) {
    const answer = result.fn(input);
    return typeof answer === 'boolean' ? answer : null;
  }
  if (Array.isArray(result)) {
    return result.some(item => passes(input, item) === true) || equals(input, result) === true;
  }
  if (result === null || result === undefined) {
    return input === null ? true : null;
  }
  return equals(input, result) === true;
}

/** Whether *outer* contains every point of *inner*. */
export function covers(outer, inner) {
  const low = outer.start === null ? -1 : inner.start === null ? 1 : compare(outer.start, inner.start);
  const high = outer.end === null ? 1 : inner.end === null ? -1 : compare(outer.end, inner.end);
  if (low === null || high === null) {
    return null;
  }
  return (low < 0 || (low === 0 && (outer['start included'] || !inner['start included'])))
    && (high > 0 || (high === 0 && (outer['end included'] || !inner['end included'])));
}
