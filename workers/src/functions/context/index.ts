import { Buffer } from 'buffer'
import * as ambient from './ambient'
import { crossWith } from './border'
import { cache } from './cache'
import { call, handleWith, late } from './calls'
import * as crypto from './crypto'
import * as errors from './errors'
import { answered, AbortError, fetch, FetchError, Headers, Request, Response } from './fetch'
import { defineLibraries } from './libraries'
import { Segment } from './segment'
import { URL, URLSearchParams } from './urls'

const names = ['onRequest', 'onIdentify', 'onTrack', 'onPage', 'onScreen', 'onGroup', 'onAlias', 'onDelete', 'onBatch']

/** Makes this context what people's code expects, and gives the process what it calls. */
export function open(border: any) {
  crossWith(border)
  const { fired, ...globals } = ambient
  const offered = { Buffer, cache, crypto: { ...crypto, toBytes: undefined, text: undefined }, fetch, Headers, Request, Response, FetchError, AbortError, Segment, URL, URLSearchParams, global: globalThis, ...errors, ...globals }
  for (const [name, value] of Object.entries(offered)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
  // They take memory that no limit of the heap counts, or stop the thread.
  for (const name of ['SharedArrayBuffer', 'Atomics', 'WebAssembly']) delete (globalThis as any)[name]
  defineLibraries()
  return {
    /** Runs the code once and keeps its handlers; gives a message when it throws. */
    load(code: () => any[]): string | undefined {
      try {
        const found = code()
        handleWith(Object.fromEntries(names.map((name, index) => [name, found[index]])))
        return undefined
      } catch (error) {
        try {
          return `The code throws when it is loaded: ${String((error as any)?.message ?? error).slice(0, 1_000)}`
        } catch {
          return 'The code throws when it is loaded.'
        }
      }
    },
    entry: { call, late, answer: answered, fire: fired }
  }
}
