// Filters, `for`, `some` and `every`.
import { FeelDate, FeelFunction, FeelRange } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { passes } from './tests.js';
import { entry, typeOf } from './values.js';

/** `source[condition]`; *names* are those that the condition reads (null: unknown): they may be entries of the element. */
export function filter(source, condition, names) {
  const wanted = names && [ ...names ];
  return scope => {
    const value = source(scope);
    if (value === null) {
      return null;
    }
    const list = Array.isArray(value) ? value : [ value ];
    const first = condition(around(scope, list.length ? list[0] : null, wanted));
    if (typeof first === 'number') {
      return list[first < 0 ? list.length + first : first - 1] ?? null;
    }
    return list.filter((item, index) => keeps(item, index ? condition(around(scope, item, wanted)) : first));
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
  if (typeof start === 'number' && typeof end === 'number') {
    return numbers(start, end, startIncluded, endIncluded, value => value);
  }
  if (start instanceof FeelDate && end instanceof FeelDate) {
    const days = start.value.until(end.value, { largestUnit: 'day' }).days;
    return numbers(0, days, startIncluded, endIncluded, offset => new FeelDate(start.value.add({ days: offset })));
  }
  return null;
}

function* numbers(start, end, startIncluded, endIncluded, make) {
  const step = start <= end ? 1 : -1;
  for (let value = startIncluded ? start : start + step; (end - value) * step >= 0; value += step) {
    if (value === end && !endIncluded) {
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

/** `some … satisfies` and `every … satisfies`, in three-valued logic. */
export function quantify(kind, sources, condition) {
  const decisive = kind === 'some';
  return scope => {
    let unknown = false;
    const done = walk(sources, scope, inner => {
      const result = condition(inner);
      unknown ||= typeof result !== 'boolean';
      return result !== decisive;
    });
    if (done === null) {
      return null;
    }
    return done === false ? decisive : unknown ? null : !decisive;
  };
}

