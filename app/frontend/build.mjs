// Builds every area: a folder here with an index.js becomes ../static/dist/<area>.js (and .css, if it imports styles).
//
//   node build.mjs            all areas
//   node build.mjs feel       one area
//   node build.mjs --watch    build again at each change
//
// An area that needs other esbuild options keeps them in <area>/build.json.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'static', 'dist');
const wanted = process.argv.slice(2).filter(argument => !argument.startsWith('--'));
const watch = process.argv.includes('--watch');

const areas = readdirSync(here, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && existsSync(join(here, entry.name, 'index.js')))
  .map(entry => entry.name)
  .filter(name => !wanted.length || wanted.includes(name));

for (const name of wanted.filter(name => !areas.includes(name))) {
  console.error(`There is no ${name}/index.js.`);
  process.exitCode = 1;
}

function options(name) {
  const own = join(here, name, 'build.json');
  return {
    entryPoints: [ join(here, name, 'index.js') ],
    outfile: join(out, `${name}.js`),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'eof',
    loader: { '.svg': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.png': 'dataurl' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'info',
    ...(existsSync(own) ? JSON.parse(readFileSync(own, 'utf8')) : {})
  };
}

for (const name of areas) {
  if (watch) {
    await (await esbuild.context(options(name))).watch();
  } else {
    await esbuild.build(options(name));
  }
}
