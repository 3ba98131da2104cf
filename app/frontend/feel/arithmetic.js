// The operators + - * / **.
import * as numbers from './numbers.js';
import { addMonths, addSeconds, between, makeMonths, makeSeconds, months, seconds } from './temporal.js';
import { typeOf } from './values.js';

const MOMENTS = new Set([ 'date', 'time', 'date time' ]);

function plus(a, b) {
  const [ left, right ] = [ typeOf(a), typeOf(b) ];
  if (left === 'number' && right === 'number') {
    return numbers.add(a, b);
  }
  if (left === 'string' && right === 'string') {
    return a + b;
  }
  if (left === 'days' && right === 'days') {
    return makeSeconds(seconds(a) + seconds(b));
  }
  if (left === 'months' && right === 'months') {
    return makeMonths(months(a) + months(b));
  }
  return MOMENTS.has(left) ? move(a, left, b, right, 1) : MOMENTS.has(right) ? move(b, right, a, left, 1) : null;
}

function minus(a, b) {
  const [ left, right ] = [ typeOf(a), typeOf(b) ];
  if (left === 'number' && right === 'number') {
    return numbers.subtract(a, b);
  }
  if (left === 'days' && right === 'days') {
    return makeSeconds(seconds(a) - seconds(b));
  }
  if (left === 'months' && right === 'months') {
    return makeMonths(months(a) - months(b));
  }
  if (!MOMENTS.has(left)) {
    return null;
  }
  if (left === right) {
    return between(a, b);
  }
  // a date beside a date and time counts as its midnight (UTC, if the other has a zone)
  if (MOMENTS.has(right) && left !== 'time' && right !== 'time') {
    return mixed(a, b);
  }
  return move(a, left, b, right, -1);
}

function mixed(a, b) {
  const bare = moment => moment.zone === null || moment.zone === undefined ? moment : null;
  return between(bare(a) ?? a, bare(b) ?? b);
}

function move(moment, type, length, lengthType, sign) {
  if (lengthType === 'days') {
    return addSeconds(moment, length, sign);
  }
  return lengthType === 'months' && type !== 'time' ? addMonths(moment, sign * months(length)) : null;
}

function times(a, b) {
  const [ left, right ] = [ typeOf(a), typeOf(b) ];
  if (left === 'number' && right === 'number') {
    return numbers.multiply(a, b);
  }
  if (left === 'number') {
    return scaled(b, right, a);
  }
  return right === 'number' ? scaled(a, left, b) : null;
}

function scaled(length, type, factor) {
  if (type === 'days') {
    return makeSeconds(numbers.multiply(seconds(length), factor));
  }
  return type === 'months' ? makeMonths(numbers.multiply(months(length), factor)) : null;
}

function over(a, b) {
  const [ left, right ] = [ typeOf(a), typeOf(b) ];
  if (left === 'number' && right === 'number') {
    return numbers.divide(a, b);
  }
  if (right === 'number' && b !== 0) {
    return left === 'days' ? makeSeconds(numbers.divide(seconds(a), b))
      : left === 'months' ? makeMonths(numbers.divide(months(a), b)) : null;
  }
  if (left === 'days' && right === 'days') {
    return numbers.divide(seconds(a), seconds(b));
  }
  return left === 'months' && right === 'months' ? numbers.divide(months(a), months(b)) : null;
}

const power = (a, b) => numbers.isNumber(a) && numbers.isNumber(b) ? numbers.power(a, b) : null;

export const arithmetic = { '+': plus, '-': minus, '*': times, '/': over, '**': power, '^': power };

export function negate(value) {
  switch (typeOf(value)) {
  case 'number': return numbers.negate(value);
  case 'days': return makeSeconds(-seconds(value));
  case 'months': return makeMonths(-months(value));
  default: return null;
  }
}
