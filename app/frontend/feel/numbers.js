// FEEL numbers: decimals of at most 34 digits (decimal128).
//
// A number is a JavaScript number wherever the shortest text of that number is the decimal meant, which is what nearly all are: 3, 0.1,
// 3900.5. Any other decimal (an 18-digit ID number, 1/3) is a `Decimal34`. Every result goes through `canonical`, so two equal numbers
// always have the same form, and sums of everyday numbers cost what they cost in JavaScript.
//
// Whole numbers are exact or refused: an operation on whole numbers whose whole result has more than 34 digits gives null. Fractions are
// rounded to 34 digits, half even. Numbers beyond 1.8e308, which JSON's readers take for infinity, are null.
import Decimal from 'decimal.js';

const DIGITS = 34;
const Decimal34 = Decimal.clone({ precision: DIGITS, rounding: Decimal.ROUND_HALF_EVEN, maxE: 6144, minE: -6176 });
/** Wide enough for the exact product of two numbers; `mod` is FEEL's, whose result has the divisor's sign. */
const Wide = Decimal.clone({ precision: 2 * DIGITS + 2, rounding: Decimal.ROUND_HALF_EVEN, modulo: Decimal.ROUND_FLOOR, maxE: 6144, minE: -6176 });

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

export const isNumber = value => typeof value === 'number' || value instanceof Decimal34;

const both = (a, b) => typeof a === 'number' && typeof b === 'number';
const exact = value => value instanceof Decimal34 ? value : new Decimal34(value);

/** Digits of which a double keeps every one, down to numbers of this exponent. */
const SURE = 15;
const SMALL = -290;

/** The one form of a decimal of *digits* digits; null when it is not finite. */
function canonical(decimal, digits = decimal.precision()) {
  const near = decimal.toNumber();
  if (!Number.isFinite(near)) {
    return null;
  }
  if (near === 0) {
    return 0;
  }
  return (digits <= SURE && decimal.e > SMALL) || new Decimal34(near).eq(decimal) ? near : exact(decimal);
}

/** A number that JavaScript computed. FEEL knows neither infinity nor "not a number". */
function finite(value) {
  return Number.isFinite(value) ? (value === 0 ? 0 : value) : null;
}

/** The result of an operation in `Wide`: rounded to 34 digits, null if that would change a whole number made of whole numbers. */
function rounded(wide, whole) {
  const digits = wide.precision();
  if (digits <= DIGITS) {
    return canonical(wide, digits);
  }
  return whole ? null : canonical(wide.toSignificantDigits(DIGITS));
}

export const isWhole = value => typeof value === 'number' ? Number.isInteger(value) : value.isInteger();

function whole(a, b, result) {
  return Number.isSafeInteger(result) && Number.isInteger(a) && Number.isInteger(b);
}

/** The number written as *text* (digits, a point, an exponent); null when it has more than 34 digits or is too large. */
export function readNumber(text) {
  const near = Number(text);
  if (text.length < 16 && !/e/i.test(text)) {
    return finite(near);
  }
  const decimal = new Wide(text);
  return decimal.precision() > DIGITS ? null : canonical(decimal);
}

export function add(a, b) {
  if (both(a, b)) {
    const result = a + b;
    if (whole(a, b, result)) {
      return result;
    }
  }
  return rounded(new Wide(a).plus(b), isWhole(a) && isWhole(b));
}

export function subtract(a, b) {
  if (both(a, b)) {
    const result = a - b;
    if (whole(a, b, result)) {
      return result;
    }
  }
  return rounded(new Wide(a).minus(b), isWhole(a) && isWhole(b));
}

export function multiply(a, b) {
  if (both(a, b)) {
    const result = a * b;
    if (whole(a, b, result)) {
      return finite(result);
    }
  }
  return rounded(new Wide(a).times(b), isWhole(a) && isWhole(b));
}

export function divide(a, b) {
  return b === 0 ? null : canonical(exact(a).div(b));
}

export function power(a, b) {
  if (both(a, b)) {
    const result = a ** b;
    if (whole(a, b, result) && b >= 0) {
      return result;
    }
    if (Number.isNaN(result)) {
      return null;
    }
  }
  const raised = isWhole(b) && Math.abs(b) < 10000;
  return raised ? rounded(new Wide(a).pow(b), isWhole(a) && b >= 0) : canonical(exact(a).pow(b));
}

export function modulo(dividend, divisor) {
  return divisor === 0 ? null : rounded(new Wide(dividend).mod(divisor), false);
}

export function negate(value) {
  return typeof value === 'number' ? (value === 0 ? 0 : -value) : value.negated();
}

export function absolute(value) {
  return typeof value === 'number' ? Math.abs(value) : value.abs();
}

export function squareRoot(value) {
  return value < 0 ? null : canonical(exact(value).sqrt());
}

export function logarithm(value) {
  return value > 0 ? canonical(exact(value).ln()) : null;
}

export function exponential(value) {
  return canonical(exact(value).exp());
}

/** -1, 0 or 1. */
export function order(a, b) {
  return both(a, b) ? (a < b ? -1 : a > b ? 1 : 0) : exact(a).cmp(b);
}

/** *value* rounded to *scale* decimal places (negative: to tens, hundreds …). */
export function round(value, scale, mode) {
  const places = Math.trunc(scale);
  if (places > MAX_SCALE || places < MIN_SCALE) {
    return null;
  }
  if (places >= 0) {
    return canonical(exact(value).toDecimalPlaces(places, MODES[mode]));
  }
  const unit = new Decimal34(10).pow(-places);
  return canonical(exact(value).div(unit).toDecimalPlaces(0, MODES[mode]).times(unit));
}

export const total = numbers => rounded(numbers.reduce((sum, value) => sum.plus(value), new Wide(0)), numbers.every(isWhole));
export const product = numbers => numbers.reduce((result, value) => result === null ? null : multiply(result, value), 1);

export function mean(numbers) {
  const sum = total(numbers);
  return sum === null ? null : divide(sum, numbers.length);
}

/** Standard deviation of a sample. */
export function deviation(numbers) {
  const middle = numbers.reduce((sum, value) => sum.plus(value), new Wide(0)).div(numbers.length);
  const squares = numbers.reduce((sum, value) => sum.plus(new Wide(value).minus(middle).pow(2)), new Wide(0));
  return rounded(squares.div(numbers.length - 1).sqrt(), false);
}

/** Plain digits: never an exponent. */
export function numberText(value) {
  if (typeof value !== 'number') {
    return value.toFixed();
  }
  const text = String(value);
  return text.includes('e') ? new Decimal34(value).toFixed() : text;
}

/** Whether JSON's number, read as a binary double, is this number. */
export const isPlain = value => typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value));

/** *value* for `JSON.stringify`, every digit kept (where the JavaScript engine is too old for that: rounded). */
export const jsonNumber = value => isPlain(value) || !JSON.rawJSON ? Number(value) : JSON.rawJSON(numberText(value));
