// Filters, `for`, `some` and `every`.
import { FeelDate, FeelFunction, FeelRange } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { add, isNumber, order } from './numbers.js';
import { passes } from './tests.js';
import { entry, typeOf } from './values.js';

/** What a boxed condition may not yield: the whole expression is null then. */
const unfit = result => result !== null && result !== undefined && typeof result !== 'boolean';

/**
 * `source[condition]`; *names* are those that the condition reads (null: unknown): they may be entries of the element. *strict*, as in a
 * box: null if the condition is no truth value for one of them.
 */
export function filter(source, condition, names, strict = false) {
  const wanted = names && [ ...names ];
  return scope => {
    const value = source(scope);
    if (value === null) {
      return null;
    }
    const list = Array.isArray(value) ? value : [ value ];
    const first = condition(around(scope, list.length ? list[0] : null, wanted));
    if (isNumber(first)) {
      return list[first < 0 ? list.length + Number(first) : first - 1] ?? null;
    }
    const results = list.map((item, index) => index ? condition(around(scope, item, wanted)) : first);
    return strict && results.some(unfit) ? null : list.filter((item, index) => keeps(item, results[index]));
  };
}

function keeps(item, result) {
  return result === true || ((result instanceof FeelRange || result instanceof FeelFunction) && passes(item, result) === true);
}

function around(scope, item, names) {
  const inner = Object.create(scope);
  inner.item = item;
  if (typeOf(item) === 'context') {
    for (const name of names ?? Object.keys(item)) {
      const value = entry(item, name);
      if (value !== undefined) {
        inner[normalizeContextKey(name)] = value;
      }
    }
    if (Object.hasOwn(item, 'item')) {
      inner.item = item.item;
    }
  }
  return inner;
}

/** The values of `in start` or `in start..end`; null when they cannot be enumerated. */
function domain({ start, end }, scope) {
  const value = start(scope);
  if (end) {
    return sequence(value, end(scope), true, true);
  }
  if (Array.isArray(value)) {
    return value;
  }
  if (value instanceof FeelRange) {
    return sequence(value.start, value.end, value['start included'], value['end included']);
  }
  return null;
}

function sequence(start, end, startIncluded, endIncluded) {
  if (isNumber(start) && isNumber(end)) {
    return counted(start, end, startIncluded, endIncluded, value => value);
  }
  if (start instanceof FeelDate && end instanceof FeelDate) {
    const days = start.value.until(end.value, { largestUnit: 'day' }).days;
    return counted(0, days, startIncluded, endIncluded, offset => new FeelDate(start.value.add({ days: offset })));
  }
  return null;
}

function* counted(start, end, startIncluded, endIncluded, make) {
  const step = order(start, end) <= 0 ? 1 : -1;
  for (let value = startIncluded ? start : add(start, step); ; value = add(value, step)) {
    const left = order(end, value) * step;
    if (left < 0 || (left === 0 && !endIncluded)) {
      return;
    }
    yield make(value);
  }
}

/** Calls *visit* for every combination; false as soon as *visit* returns false. Null when a domain is none. */
function walk(sources, scope, visit, index = 0) {
  if (index === sources.length) {
    return visit(scope);
  }
  const values = domain(sources[index], scope);
  if (values === null) {
    return null;
  }
  for (const value of values) {
    const inner = Object.create(scope);
    inner[sources[index].name] = value;
    const go = walk(sources, inner, visit, index + 1);
    if (go !== true) {
      return go;
    }
  }
  return true;
}

/** `for … return body`; *readsPartial*: the body names `partial`, the results so far. */
export function iterate(sources, body, readsPartial = false) {
  return scope => {
    let partial = [];
    const outer = Object.create(scope);
    outer.partial = partial;
    const done = walk(sources, outer, inner => {
      const result = body(inner);
      if (readsPartial && result !== null && typeof result === 'object') {
        // the result may hold the list as it was: that one must not grow
        partial = partial.slice();
        outer.partial = partial;
      }
      partial.push(result);
      return true;
    });
    return done === null ? null : partial;
  };
}

/** `some … satisfies` and `every … satisfies`, in three-valued logic. *strict* as in `filter`. */
export function quantify(kind, sources, condition, strict = false) {
  const decisive = kind === 'some';
  return scope => {
    let unknown = false;
    const done = walk(sources, scope, inner => {
      const result = condition(inner);
      unknown ||= typeof result !== 'boolean';
      return strict && unfit(result) ? null : result !== decisive;
    });
    if (done === null) {
      return null;
    }
    return done === false ? decisive : unknown ? null : !decisive;
  };
}

