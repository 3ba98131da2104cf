// Values on their way between Python and V8: JSON, with temporal values as {"@date": "2020-05-21"} and the like, and numbers that a
// binary double does not hold as {"@number": "110101199003070011"}.
import { FeelDate, FeelDateTime, FeelDuration, FeelFunction, FeelRange, FeelTime } from 'feelin';

import { isNumber, isPlain, numberText, readNumber } from './numbers.js';
import { momentText, readDate, readDateTime, readDuration, readTime } from './temporal.js';
import { OPEN, put, range } from './values.js';

const READERS = {
  '@number': readNumber,
  '@date': readDate,
  '@time': readTime,
  '@datetime': readDateTime,
  '@duration': readDuration,
  '@months': readDuration,
  '@range': ([ start, end, startIncluded, endIncluded ]) => range(bound(start), bound(end), startIncluded, endIncluded)
};

const bound = value => value === null ? OPEN : decode(value);

/** JSON value -> FEEL value. */
export function decode(value) {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(decode);
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && Object.hasOwn(READERS, keys[0]) && typeof value[keys[0]] === (keys[0] === '@range' ? 'object' : 'string')) {
    return READERS[keys[0]](value[keys[0]]);
  }
  const result = {};
  for (const key of keys) {
    put(result, key, decode(value[key]));
  }
  return result;
}

/** FEEL value -> JSON value. Functions have no JSON form: they become null. A number that is not finite becomes null. */
export function encode(value) {
  if (value === null || value === undefined) {
    return null;
  }
  switch (typeof value) {
  case 'boolean':
  case 'string':
    return value;
  case 'number':
    return !Number.isFinite(value) ? null : isPlain(value) ? value + 0 : { '@number': numberText(value) };
  case 'object':
    return encodeObject(value);
  default:
    return null;
  }
}

function encodeObject(value) {
  if (Array.isArray(value)) {
    return value.map(encode);
  }
  if (isNumber(value)) {
    return { '@number': numberText(value) };
  }
  if (value instanceof FeelDate) {
    return { '@date': momentText(value) };
  }
  if (value instanceof FeelTime) {
    return { '@time': value.toString() };
  }
  if (value instanceof FeelDateTime) {
    return { '@datetime': momentText(value) };
  }
  if (value instanceof FeelDuration) {
    return { [value.yearsMonths ? '@months' : '@duration']: value.toString() };
  }
  if (value instanceof FeelRange) {
    return {
      '@range': [ encode(value.start), encode(value.end), Boolean(value['start included']), Boolean(value['end included']) ]
    };
  }
  if (value instanceof FeelFunction) {
    return null;
  }
  const result = {};
  for (const [ key, entry ] of Object.entries(value)) {
    put(result, key, encode(entry));
  }
  return result;
}
