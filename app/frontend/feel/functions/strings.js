// String functions. Positions count characters (code points), not UTF-16 units.
import { builtin } from '../signature.js';
import { translate, translateReplacement } from '../regex.js';

const OUTPUT = 8 * 1024 * 1024;

function substring(string, start, length) {
  const characters = Array.from(string);
  const position = Math.trunc(start);
  const count = length === undefined ? characters.length : Math.trunc(length);
  if (position === 0 || Math.abs(position) > characters.length || count < 1) {
    return null;
  }
  const begin = position < 0 ? characters.length + position : position - 1;
  return characters.slice(begin, begin + count).join('');
}

function replace(input, pattern, replacement, flags) {
  const regex = translate(pattern, flags ?? '', 'g');
  if (!regex) {
    return null;
  }
  const written = translateReplacement(replacement, new RegExp(`${regex.source}|`, regex.flags.replace('g', '')).exec('').length - 1, flags);
  return written === null ? null : input.replace(regex, written);
}

function repeat(string, count) {
  if (string.length * count > OUTPUT) {
    throw new RangeError('Invalid string length');
  }
  return count < 0 ? null : string.repeat(Math.trunc(count));
}

export default {
  'substring': builtin([ 'string: string, start position: number, length: number?', substring ]),
  'string length': builtin([ 'string: string', string => Array.from(string).length ]),
  'upper case': builtin([ 'string: string', string => string.toUpperCase() ]),
  'lower case': builtin([ 'string: string', string => string.toLowerCase() ]),
  'substring before': builtin([ 'string: string, match: string', (string, match) => {
    const at = string.indexOf(match);
    return at < 0 ? '' : string.slice(0, at);
  } ]),
  'substring after': builtin([ 'string: string, match: string', (string, match) => {
    const at = string.indexOf(match);
    return at < 0 ? '' : string.slice(at + match.length);
  } ]),
  'contains': builtin([ 'string: string, match: string', (string, match) => string.includes(match) ]),
  'starts with': builtin([ 'string: string, match: string', (string, match) => string.startsWith(match) ]),
  'ends with': builtin([ 'string: string, match: string', (string, match) => string.endsWith(match) ]),
  'matches': builtin([ 'input: string, pattern: string, flags: string~', (input, pattern, flags) =>
    translate(pattern, flags ?? '', '')?.test(input) ]),
  'replace': builtin([ 'input: string, pattern: string, replacement: string, flags: string~', replace ]),
  'split': builtin([ 'string: string, delimiter: string', (string, delimiter) => {
    const regex = translate(delimiter, '', '');
    // groups of the delimiter are not part of the result
    return regex ? splitAt(string, new RegExp(regex.source, `${regex.flags}g`)) : null;
  } ]),
  'extract': builtin([ 'input: string, pattern: string, flags: string~', (input, pattern, flags) => {
    const regex = translate(pattern, flags ?? '', 'g');
    return regex ? Array.from(input.matchAll(regex), found => found[0]) : null;
  } ]),
  'trim': builtin([ 'string: string', string => string.trim() ]),
  'is blank': builtin([ 'string: string', string => string.trim() === '' ]),
  'repeat': builtin([ 'string: string, count: number', repeat ]),
  'string join': builtin([ 'list: list, delimiter: string~', (list, delimiter) => join(list, delimiter ?? '') ],
    // as in Camunda
    [ 'list: list, delimiter: any, prefix: string, suffix: string', (list, delimiter, prefix, suffix) => {
      const joined = delimiter === null || typeof delimiter === 'string' ? join(list, delimiter ?? '') : null;
      return joined === null ? null : prefix + joined + suffix;
    } ])
};

function join(list, delimiter) {
  return list.every(item => item === null || typeof item === 'string') ? list.filter(item => item !== null).join(delimiter) : null;
}

function splitAt(string, regex) {
  const result = [];
  let from = 0;
  for (const found of string.matchAll(regex)) {
    if (found[0] === '') {
      if (found.index === 0 || found.index === string.length) {
        continue;
      }
    }
    result.push(string.slice(from, found.index));
    from = found.index + found[0].length;
  }
  result.push(string.slice(from));
  return result;
}
