// List functions.
import { FeelFunction } from 'feelin';

import * as numbers from '../numbers.js';
import { builtin, invoke } from '../signature.js';
import { compare, equals } from '../values.js';

/** A function of a list, or of its elements as arguments. */
const spread = call => builtin([ 'list: list', call ], [ '...list: any', (...list) => list.length > 1 ? call(list) : null ]);

const numeric = (call, empty = null) => spread(list => {
  if (!list.length) {
    return empty;
  }
  return list.every(numbers.isNumber) ? call(list) : null;
});

const extreme = sign => spread(list => {
  let best = null;
  for (const item of list) {
    const order = best === null ? compare(item, item) === 0 ? 1 : null : compare(item, best) === null ? null : compare(item, best) * sign;
    if (order === null) {
      return null;
    }
    best = order > 0 ? item : best;
  }
  return best;
});

const same = (a, b) => equals(a, b) === true && Array.isArray(a) === Array.isArray(b);

function distinct(list) {
  const seen = new Set();
  const result = [];
  for (const item of list) {
    if (item === null || typeof item !== 'object') {
      if (!seen.has(item)) {
        seen.add(item);
        result.push(item);
      }
    } else if (!result.some(other => same(item, other))) {
      result.push(item);
    }
  }
  return result;
}

function median(list) {
  const sorted = list.slice().sort(numbers.order);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : numbers.divide(numbers.add(sorted[middle - 1], sorted[middle]), 2);
}

function mode(list) {
  const counts = new Map();
  for (const item of list) {
    const key = numbers.numberText(item);
    counts.set(key, { item, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const most = Math.max(...Array.from(counts.values(), ({ count }) => count));
  return Array.from(counts.values()).filter(({ count }) => count === most).map(({ item }) => item).sort(numbers.order);
}

const decided = decisive => spread(list => {
  if (list.includes(decisive)) {
    return decisive;
  }
  return list.every(item => item === !decisive) ? !decisive : null;
});

/** The index of a one-based *position* that may count from the end; null when it lies outside. */
function place(list, position) {
  const index = Math.trunc(position);
  return index === 0 || Math.abs(index) > list.length ? null : index < 0 ? list.length + index : index - 1;
}

function sublist(list, start, length) {
  const begin = place(list, start);
  const count = length === undefined ? list.length : Math.trunc(length);
  if (begin === null || count < 0 || (length !== undefined && begin + count > list.length)) {
    return null;
  }
  return list.slice(begin, begin + count);
}

function listReplace(list, position, newItem) {
  if (!numbers.isWhole(position)) {
    return null;
  }
  const at = place(list, position);
  return at === null ? null : list.toSpliced(at, 1, newItem);
}

function listReplaceMatching(list, match, newItem) {
  const result = [];
  for (const item of list) {
    const replaced = invoke(match, [ item, newItem ], null);
    if (typeof replaced !== 'boolean') {
      return null;
    }
    result.push(replaced ? newItem : item);
  }
  return result;
}

function sort(list, precedes) {
  if (precedes === undefined) {
    return list.every(item => compare(item, list[0]) !== null) ? list.slice().sort(compare) : null;
  }
  if (!(precedes instanceof FeelFunction) || precedes.parameterNames.length !== 2) {
    return null;
  }
  return list.slice().sort((a, b) => precedes.fn(a, b) === true ? -1 : precedes.fn(b, a) === true ? 1 : 0);
}

function flatten(list) {
  return list.flat(Infinity);
}

function partition(list, size) {
  const step = Math.trunc(size);
  return step < 1 ? null : Array.from({ length: Math.ceil(list.length / step) }, (_, index) => list.slice(index * step, (index + 1) * step));
}

const everything = lists => lists.flat(1);

export default {
  'list contains': builtin([ 'list: list, element: any', (list, element) => list.some(item => same(item, element)) ]),
  'count': builtin([ 'list: list', list => list.length ]),
  'min': extreme(-1),
  'max': extreme(1),
  'sum': numeric(numbers.total),
  'mean': numeric(numbers.mean),
  'product': numeric(numbers.product),
  'median': numeric(median),
  'stddev': numeric(list => list.length > 1 ? numbers.deviation(list) : null),
  'mode': numeric(mode, []),
  'all': decided(false),
  'any': decided(true),
  'sublist': builtin([ 'list: list, start position: number, length: number?', sublist ], [ 'list: list, start: number, length: number?', sublist ]),
  'append': builtin([ 'list: list, ...item: any', (list, ...items) => [ ...list, ...items ] ]),
  'concatenate': builtin([ '...list: list', (...lists) => everything(lists) ]),
  'union': builtin([ '...list: list', (...lists) => distinct(everything(lists)) ]),
  'insert before': builtin([ 'list: list, position: number, newItem: any', (list, position, item) => {
    const at = place(list, position) ?? (Math.trunc(position) === list.length + 1 ? list.length : null);
    return at === null ? null : list.toSpliced(at, 0, item);
  } ]),
  'remove': builtin([ 'list: list, position: number', (list, position) => {
    const at = place(list, position);
    return at === null ? null : list.toSpliced(at, 1);
  } ]),
  'reverse': builtin([ 'list: list', list => list.toReversed() ]),
  'index of': builtin([ 'list: list, match: any', (list, match) =>
    list.flatMap((item, index) => same(item, match) ? [ index + 1 ] : []) ]),
  'distinct values': builtin([ 'list: list', distinct ]),
  'duplicate values': builtin([ 'list: list', list =>
    distinct(list.filter((item, index) => list.some((other, at) => at !== index && same(item, other)))) ]),
  'flatten': builtin([ 'list: list', flatten ]),
  'partition': builtin([ 'list: list, size: number', partition ]),
  'is empty': builtin([ 'list: list', list => list.length === 0 ]),
  'list replace': builtin(
    [ 'list: list, position: number, newItem: any', listReplace ],
    [ 'list: list, match: function, newItem: any', listReplaceMatching ]
  ),
  'sort': builtin([ 'list: list, precedes: function', sort ], [ 'list: list', sort ])
};
