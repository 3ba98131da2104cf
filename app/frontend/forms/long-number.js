// Numbers that JavaScript's own do not hold (an 18-digit ID number, 1/3). They travel as {"@number": "110101199003070011"}, as between Python and
// V8, so that FEEL and the server get every digit; in the form they are objects that read as their digits. (form-js
// copies its data as JSON now and then, so what is found there may be the bare tag: `revived` makes it a number again.)
import { isPlain, numberText, readNumber } from '../feel/numbers.js';

const TAG = '@number';

export class LongNumber {
  constructor(text) {
    this[TAG] = text;
  }

  toString() {
    return this[TAG];
  }
}

export const isLong = value => value !== null && typeof value === 'object' && typeof value[TAG] === 'string' && Object.keys(value).length === 1;

/** *value* with what came as a tag made a number again. */
export const revived = value => isLong(value) && !(value instanceof LongNumber) ? new LongNumber(value[TAG]) : value;

/** JSON text with long numbers in it, read. */
export const readJson = text => JSON.parse(text, text.includes(`"${TAG}"`) ? (key, value) => revived(value) : undefined);

/** The number written as *text*; null when it has more digits than FEEL's 34. */
export function numberOf(text) {
  const number = readNumber(text);
  return number === null || isPlain(number) ? number : new LongNumber(numberText(number));
}

/** What tells one value from another: a long number is what its digits say. */
export const identity = value => isLong(value) ? `${value[TAG]} ` : value ?? null;

/** A number as people read it; null for what is none. A long whole number is a code: its digits stand ungrouped. */
export function readable(given) {
  const value = revived(given);
  const plain = value instanceof LongNumber && String(value).includes('.') ? Number(value) : value;
  return plain instanceof LongNumber ? String(plain) : typeof plain === 'number' ? plain.toLocaleString('zh-CN', { useGrouping: plain >= 10000 }) : null;
}
