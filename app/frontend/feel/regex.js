// XPath regular expressions as JavaScript ones.

const CACHE = new Map();
const CACHE_SIZE = 500;

/** *pattern* with XPath *flags* (s, m, i, x, q) and JavaScript's own *extra* flags; null when either is not valid. */
export function translate(pattern, flags, extra) {
  const key = `${flags}/${extra}/${pattern}`;
  if (!CACHE.has(key)) {
    if (CACHE.size >= CACHE_SIZE) {
      CACHE.clear();
    }
    CACHE.set(key, make(pattern, flags, extra));
  }
  const regex = CACHE.get(key);
  if (regex) {
    regex.lastIndex = 0;
  }
  return regex;
}

function make(pattern, flags, extra) {
  if (/[^smixq]/.test(flags)) {
    return null;
  }
  const kept = Array.from(new Set(flags)).filter(flag => 'smi'.includes(flag)).join('');
  let source = flags.includes('x') ? pattern.replace(/\\\S|\[(?:\\.|[^\]])*\]|\s+/gsu, part => /^\s/.test(part) ? '' : part) : pattern;
  if (flags.includes('q')) {
    source = source.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  } else if (badBackReference(source)) {
    return null;
  }
  const subtracts = /-\[/.test(source);
  try {
    // class subtraction, [a-z-[aeiou]], is [[a-z]--[aeiou]] with the v flag
    return subtracts && !flags.includes('q')
      ? new RegExp(source.replace(/\[((?:\\.|[^[\]\\])+)-\[((?:\\.|[^[\]\\])+)\]\]/g, '[[$1]--[$2]]'), `v${kept}${extra}`)
      : new RegExp(source, `u${kept}${extra}`);
  } catch {
    return null;
  }
}

/** XPath has no back-reference inside a class. */
function badBackReference(source) {
  return /\[(?:\\\D|[^\]\\])*\\\d/.test(source);
}

/** An XPath replacement ($1, \$, \\) in JavaScript's writing; null when it is not valid. */
export function translateReplacement(replacement, groups, flags) {
  if (flags?.includes('q')) {
    return replacement.replace(/\$/g, '$$$$');
  }
  let result = '';
  for (let index = 0; index < replacement.length; index++) {
    const sign = replacement[index];
    if (sign === '\\') {
      const next = replacement[++index];
      if (next !== '\\' && next !== '$') {
        return null;
      }
      result += next === '$' ? '$$' : '\\';
    } else if (sign === '$') {
      const digits = /^\d+/.exec(replacement.slice(index + 1))?.[0];
      if (!digits) {
        return null;
      }
      let used = digits;
      while (used.length > 1 && Number(used) > groups) {
        used = used.slice(0, -1);
      }
      index += used.length;
      result += Number(used) === 0 ? '$&' : Number(used) > groups ? '' : `$${used.padStart(2, '0')}`;
    } else {
      result += sign;
    }
  }
  return result;
}
