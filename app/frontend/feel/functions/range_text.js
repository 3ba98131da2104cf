// `range("[1..5)")`: a range from its text.
import { readNumber } from '../numbers.js';
import { builtin, invoke } from '../signature.js';
import { readTemporal } from '../temporal.js';
import { OPEN, range } from '../values.js';
import conversion from './conversion.js';

const LITERAL = /^(?:(-?\d+(?:\.\d+)?)|(@?)"((?:\\.|[^"\\])*)")$/;
const CALL = /^(date and time|date|time|duration|years and months duration)\s*\((.*)\)$/s;

/** `range("[1..5)")`: bounds are literals; a missing one needs a round bracket. */
function readRange(text) {
  const found = /^\s*([[(\]])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])[])\s*$/s.exec(text);
  if (!found) {
    return null;
  }
  const [ , opening, low, high, closing ] = found;
  const bounds = [ low, high ].map(readBound);
  const closed = [ opening === '[', closing === ']' ];
  if ([ low, high ].some((bound, index) => bound === '' ? closed[index] : bounds[index] === null) || (low === '' && high === '')) {
    return null;
  }
  return range(low === '' ? OPEN : bounds[0], high === '' ? OPEN : bounds[1], closed[0], closed[1]);
}

/** A bound is a literal, or a date, time or duration made of literals; anything else is null. */
function readBound(text) {
  const literal = LITERAL.exec(text);
  if (literal) {
    const [ , number, at, quoted ] = literal;
    const written = quoted?.replace(/\\(.)/g, '$1');
    return number !== undefined ? readNumber(number) : at ? readTemporal(written) : written;
  }
  const call = CALL.exec(text);
  const args = call && splitArguments(call[2]).map(readBound);
  return args && args.every(value => value !== null) ? invoke(conversion[call[1]], args) : null;
}

/** The arguments of a call: parted by the commas that stand in no brackets and no quotes. */
function splitArguments(text) {
  const result = [ '' ];
  let depth = 0;
  for (const [ token ] of text.matchAll(/"(?:\\.|[^"\\])*"|[^]/g)) {
    depth += token === '(' ? 1 : token === ')' ? -1 : 0;
    if (token === ',' && depth === 0) {
      result.push('');
    } else {
      result[result.length - 1] += token;
    }
  }
  return result.map(part => part.trim());
}

export default { 'range': builtin([ 'from: string', readRange ]) };
