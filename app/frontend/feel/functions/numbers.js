// Numeric functions.
import { absolute } from '../temporal.js';
import * as numbers from '../numbers.js';
import { builtin } from '../signature.js';

const rounding = mode => builtin([ 'n: number, scale: number', (n, scale) => numbers.round(n, scale, mode) ]);
const toInteger = mode => builtin([ 'n: number, scale: number?', (n, scale) => numbers.round(n, scale ?? 0, mode) ]);

export default {
  'decimal': rounding('half even'),
  'floor': toInteger('floor'),
  'ceiling': toInteger('ceiling'),
  'round up': rounding('up'),
  'round down': rounding('down'),
  'round half up': rounding('half up'),
  'round half down': rounding('half down'),
  'round half even': rounding('half even'),
  'abs': builtin([ 'n: number', numbers.absolute ], [ 'n: days|months', absolute ]),
  'modulo': builtin([ 'dividend: number, divisor: number', numbers.modulo ]),
  'sqrt': builtin([ 'number: number', numbers.squareRoot ]),
  'log': builtin([ 'number: number', numbers.logarithm ]),
  'exp': builtin([ 'number: number', numbers.exponential ]),
  'odd': builtin([ 'number: number', number => numbers.modulo(number, 2) === 1 ]),
  'even': builtin([ 'number: number', number => numbers.modulo(number, 2) === 0 ])
};
