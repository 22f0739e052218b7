// Builds worker.cjs and actions.json (the catalogue) into the folder that is given, by default build.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(process.argv[2] ?? join(here, 'build'))

// These open connections by themselves, where no rule of the host can see them.
const rawSockets = /require\("(kafkajs|ssh2|ssh2-sftp-client|@aws-sdk\/[^"]+|net|tls|dgram|http2)"\)/

const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && file.name.endsWith('.js') && !file.parentPath.includes('__tests__'))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))

// What a destination takes from the shared folder of the package counts as its own.
const library = join(dirname(require.resolve('@segment/action-destinations')), 'lib')
const libraries = (text) =>
  [...text.matchAll(/require\("(?:\.\.\/)+lib\/([\w-]+)/g)]
    .map((use) => join(library, use[1]))
    .flatMap((path) => (existsSync(path) ? sources(path) : existsSync(`${path}.js`) ? [readFileSync(`${path}.js`, 'utf8')] : []))

function listDestinations() {
  const manifest = require('@segment/action-destinations').manifest
  const lines = Object.entries(manifest).map(([id, { definition, path }]) => {
    const folder = dirname(path)
    const own = sources(folder).join('\n')
    const all = [own, ...libraries(own)].join('\n')
    const load = `() => require(${JSON.stringify('./' + relative(here, path))}).default`
    const readsEvent = /\b(rawData|audienceMembership|personasContext|audienceSettings)\b/.test(all)
    return `  ${JSON.stringify(definition.slug)}: { id: ${JSON.stringify(id)}, load: ${load}, rawSockets: ${rawSockets.test(all)}, readsEvent: ${readsEvent} }`
  })
  return `exports.destinations = {\n${lines.join(',\n')}\n}\n`
}

// What runs in the context of people's code, as the text of a function. It is strict as a whole: stack traces do not show what is behind strict code.
async function functionContext() {
  const bundle = await build({
    entryPoints: [join(here, 'src/functions/context/index.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
    alias: { stream: join(here, 'src/functions/context/nothing.ts'), string_decoder: join(here, 'src/functions/context/nothing.ts'), timers: join(here, 'src/functions/context/timers.ts') }
  })
  return `(function (border) { "use strict"; const module = { exports: {} }; let exports = module.exports;${bundle.outputFiles[0].text};return module.exports.open(border) })`
}

mkdirSync(out, { recursive: true })
await build({
  entryPoints: [join(here, 'src/worker.ts')],
  outfile: join(out, 'worker.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  // Names of error classes are part of what destinations throw.
  keepNames: true,
  legalComments: 'linked',
  external: ['*.node'],
  logLevel: 'error',
  alias: { 'cross-fetch': join(here, 'src/actions/fetch.ts') },
  plugins: [
    {
      name: 'destination-list',
      setup(bundle) {
        bundle.onResolve({ filter: /^destination-list$/ }, () => ({ path: 'destination-list', namespace: 'generated' }))
        bundle.onLoad({ filter: /.*/, namespace: 'generated' }, () => ({ contents: listDestinations(), resolveDir: here, loader: 'js' }))
        bundle.onResolve({ filter: /^function-context$/ }, () => ({ path: 'function-context', namespace: 'generated-text' }))
        bundle.onLoad({ filter: /.*/, namespace: 'generated-text' }, async () => ({ contents: await functionContext(), loader: 'text' }))
      }
    }
  ]
})
const catalogue = execFileSync(process.execPath, [join(out, 'worker.cjs'), '--catalogue'], { maxBuffer: 64 << 20 })
writeFileSync(join(out, 'actions.json'), catalogue)
console.log(`${JSON.parse(catalogue).destinations.length} destinations in ${relative(process.cwd(), out) || '.'}`)
