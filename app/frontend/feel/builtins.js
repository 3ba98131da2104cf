// All built-in functions by name: FEEL's own (DMN 1.5, 10.3.4), those that Camunda's FEEL adds, and ours that count in a campaign's calendar.
import calendar from './functions/calendar.js';
import camunda from './functions/camunda.js';
import contexts from './functions/contexts.js';
import conversion from './functions/conversion.js';
import lists from './functions/lists.js';
import numbers from './functions/numbers.js';
import rangeText from './functions/range_text.js';
import ranges from './functions/ranges.js';
import strings from './functions/strings.js';

export const builtins = Object.assign(Object.create(null), conversion, strings, numbers, lists, contexts, ranges, rangeText, camunda, calendar);

export { invoke } from './signature.js';
