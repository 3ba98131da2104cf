// Decimal arithmetic on JavaScript numbers.
//
// FEEL numbers are decimal128. Values travel as binary doubles (JSON has nothing else), but every operation is computed in decimal
// with 34 digits and half-even rounding, so that 0.1 + 0.2 = 0.3 and round half up(1.005, 2) = 1.01. What a double cannot hold
// (more than 15-17 significant digits) is rounded to the nearest one.
import Decimal from 'decimal.js';

const Decimal34 = Decimal.clone({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN, maxE: 6144, minE: -6143 });

const MODES = {
  'up': Decimal.ROUND_UP,
  'down': Decimal.ROUND_DOWN,
  'half up': Decimal.ROUND_HALF_UP,
  'half down': Decimal.ROUND_HALF_DOWN,
  'half even': Decimal.ROUND_HALF_EVEN,
  'floor': Decimal.ROUND_FLOOR,
  'ceiling': Decimal.ROUND_CEIL
};

const MAX_SCALE = 6176;
const MIN_SCALE = -6111;

/** A finite number, or null: FEEL knows neither infinity nor "not a number". */
export function finite(value) {
  return Number.isFinite(value) ? (value === 0 ? 0 : value) : null;
}

function whole(a, b, result) {
  return Number.isSafeInteger(result) && Number.isInteger(a) && Number.isInteger(b);
}

export function add(a, b) {
  const result = a + b;
  return whole(a, b, result) ? result : finite(new Decimal34(a).plus(b).toNumber());
}

export function subtract(a, b) {
  const result = a - b;
  return whole(a, b, result) ? result : finite(new Decimal34(a).minus(b).toNumber());
}

export function multiply(a, b) {
  const result = a * b;
  return whole(a, b, result) ? finite(result) : finite(new Decimal34(a).times(b).toNumber());
}

export function divide(a, b) {
  return b === 0 ? null : finite(new Decimal34(a).div(b).toNumber());
}

export function power(a, b) {
  const result = a ** b;
  if (whole(a, b, result)) {
    return result;
  }
  if (!Number.isFinite(result) || result === 0) {
    return finite(result);
  }
  return Number.isInteger(b) && Math.abs(b) < 10000 ? finite(new Decimal34(a).pow(b).toNumber()) : finite(result);
}

export function modulo(dividend, divisor) {
  if (divisor === 0) {
    return null;
  }
  const a = new Decimal34(dividend);
  return finite(a.minus(a.div(divisor).floor().times(divisor)).toNumber());
}

export function squareRoot(value) {
  return value < 0 ? null : finite(new Decimal34(value).sqrt().toNumber());
}

/** *value* rounded to *scale* decimal places (negative: to tens, hundreds …). */
export function round(value, scale, mode) {
  const places = Math.trunc(scale);
  if (places > MAX_SCALE || places < MIN_SCALE) {
    return null;
  }
  if (places >= 0) {
    return finite(new Decimal34(value).toDecimalPlaces(places, MODES[mode]).toNumber());
  }
  const unit = new Decimal34(10).pow(-places);
  return finite(new Decimal34(value).div(unit).toDecimalPlaces(0, MODES[mode]).times(unit).toNumber());
}

export function total(numbers) {
  return finite(numbers.reduce((sum, value) => sum.plus(value), new Decimal34(0)).toNumber());
}

export function product(numbers) {
  return finite(numbers.reduce((sum, value) => sum.times(value), new Decimal34(1)).toNumber());
}

export function mean(numbers) {
  return finite(numbers.reduce((sum, value) => sum.plus(value), new Decimal34(0)).div(numbers.length).toNumber());
}

/** Standard deviation of a sample. */
export function deviation(numbers) {
  const middle = numbers.reduce((sum, value) => sum.plus(value), new Decimal34(0)).div(numbers.length);
  const squares = numbers.reduce((sum, value) => sum.plus(new Decimal34(value).minus(middle).pow(2)), new Decimal34(0));
  return finite(squares.div(numbers.length - 1).sqrt().toNumber());
}

/** Plain digits: never an exponent. */
export function numberText(value) {
  const text = String(value);
  return text.includes('e') ? new Decimal34(value).toFixed() : text;
}
