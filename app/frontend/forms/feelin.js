// Stands in for @bpmn-io/feelin (see build.json): form-js, its templates and the server use one FEEL, ours. `value` is what FEEL gives as JSON.
import { parser, trackVariables } from 'lezer-feel';

import { evaluate as run } from '../feel/index.js';
import { readJson } from './long-number.js';

let moment = null;

/** Campaign time for now() and today(): an ISO 8601 text with its zone, or null for the device's own clock. */
export function setCampaignTime(text) {
  moment = text;
}

const here = () => new Date(Date.now() + 8 * 3600e3).toISOString().replace('Z', '+08:00');

function ask(request, expression) {
  const answer = readJson(run(JSON.stringify({ ...request, e: [ expression ], n: moment ?? here() })));
  if (!answer.r) {
    throw new Error(`${expression}: ${answer.error?.message || answer.error?.kind || 'limit'}`);
  }
  return { value: answer.r[0], warnings: [] };
}

export const evaluate = (expression, context = {}) => ask({ v: context }, expression);
export const unaryTest = (expression, context = {}) => ask({ v: context, u: true, q: context['?'] ?? null }, expression);

const parse = (top, text, context = {}) => parser.configure({ top, contextTracker: trackVariables(context) }).parse(text);
export const parseExpression = (text, context) => parse('Expression', text, context);
export const parseUnaryTests = (text, context) => parse('UnaryTests', text, context);
