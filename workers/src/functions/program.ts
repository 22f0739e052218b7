import { parse } from 'acorn'
import { createContext, Script } from 'vm'
import contextText from 'function-context'

/** What the code in a context offers to this process. It takes strings and numbers only and gives nothing back: results come over the border. */
export interface Entry {
  call(id: number, handler: string, use: string, input: string, settings: string, budgetMs: number): void
  late(id: number): void
  answer(ask: number, text: string, isError: boolean): void
  fire(timer: number): void
}

/** How the context reaches this process: a word and strings or numbers. */
export type Border = (kind: string, ...given: (string | number | undefined)[]) => string | number | undefined

const handlers = ['onRequest', 'onIdentify', 'onTrack', 'onPage', 'onScreen', 'onGroup', 'onAlias', 'onDelete', 'onBatch']
const openContext = new Script(contextText, { filename: 'tributary' })

// A promise of import() would come from outside of the context; there is nothing to import anyway.
function hasImport(node: any): boolean {
  if (node === null || typeof node !== 'object') return false
  if (node.type === 'ImportExpression' || (node.type === 'MetaProperty' && node.meta?.name === 'import')) return true
  for (const key in node) {
    const value = node[key]
    if (Array.isArray(value) ? value.some(hasImport) : typeof value === 'object' && hasImport(value)) return true
  }
  return false
}

/** Why the text is no code that can run here, in a sentence with the line; undefined when it is. */
function faultOf(text: string): string | undefined {
  try {
    return hasImport(parse(text, { ecmaVersion: 'latest', sourceType: 'script' })) ? 'import is not available in functions here.' : undefined
  } catch (error) {
    const where = error as { loc?: { line: number; column: number }; message: string }
    return where.loc ? `line ${where.loc.line}: ${where.message}` : 'The code is nested too deeply.'
  }
}

/**
 * Reads code into a context of its own.
 * @returns What to call, or a sentence that says why it cannot be run.
 */
export function open(text: string, border: Border): Entry | string {
  const fault = faultOf(text)
  if (fault !== undefined) return fault
  try {
    const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } })
    // Declarations of the code stay within a function, where they are quick to reach and const is visible to what asks for the handlers.
    const wrapped = `(function () {\n${text}\n;return [${handlers.map((name) => `typeof ${name} === 'function' ? ${name} : undefined`).join(', ')}]\n})`
    const code = new Script(wrapped, { filename: 'function.js', lineOffset: -1 })
    // Whoever gets hold of it finds nothing behind it.
    Object.setPrototypeOf(border, null)
    const opened = openContext.runInContext(context)(border)
    return opened.load(code.runInContext(context)) ?? opened.entry
  } catch (error) {
    return messageOf(error)
  }
}

function messageOf(error: unknown): string {
  try {
    const message = (error as Error).message
    return typeof message === 'string' ? message : 'The code cannot be read.'
  } catch {
    return 'The code cannot be read.'
  }
}
