import { Buffer } from 'buffer'
import { ask, asText, slice, stringify, tell } from './border'
import { text as latin1 } from './crypto'

const lineMax = 4_096
const depthMax = 200

function shown(value: any): string {
  if (typeof value === 'string') return value
  if (typeof value === 'function') return `[Function: ${value.name}]`
  try {
    if (value instanceof Error) return asText(value.stack ?? value)
    return typeof value === 'object' ? stringify(value, bounded()) ?? asText(value) : asText(value)
  } catch {
    return '[unreadable]'
  }
}

// Writes at most so many members; what is larger would be cut anyway.
function bounded() {
  let members = 0
  return (_key: string, value: unknown) => (++members > depthMax * 10 ? undefined : typeof value === 'bigint' ? `${value}n` : value)
}

function write(...values: any[]): void {
  let line = ''
  for (let i = 0; i < values.length && line.length < lineMax; i++) line += (i === 0 ? '' : ' ') + slice(shown(values[i]), 0, lineMax)
  tell('log', slice(line, 0, lineMax))
}

export const console = { log: write, info: write, warn: write, error: write, debug: write, trace: write, dir: write, table: write, group: write, groupEnd: () => undefined, time: () => undefined, timeEnd: () => undefined }

const timers = new Map<number, () => void>()
let lastTimer = 0

function start(run: any, ms: any, isRepeated: boolean, given: any[]): number {
  if (typeof run !== 'function') throw new TypeError('The "callback" argument must be of type function.')
  const id = ++lastTimer
  ask('timer', id, Number(ms) || 0, isRepeated ? 1 : 0)
  timers.set(id, () => {
    if (!isRepeated) timers.delete(id)
    run(...given)
  })
  return id
}

const stop = (id: any) => {
  if (timers.delete(id)) tell('untimer', Number(id))
}

export const setTimeout = (run: any, ms?: any, ...given: any[]) => start(run, ms, false, given)
export const setInterval = (run: any, ms?: any, ...given: any[]) => start(run, ms, true, given)
export const setImmediate = (run: any, ...given: any[]) => start(run, 0, false, given)
export const clearTimeout = stop
export const clearInterval = stop
export const clearImmediate = stop
export const queueMicrotask = (run: () => void) => void Promise.resolve().then(run)

/** A timer of this context has come due. */
export function fired(id: number): void {
  try {
    timers.get(id)?.()
  } catch {
    // An error in a timer belongs to no call.
  }
}

export const btoa = (value: any): string => {
  const plain = String(value)
  for (let i = 0; i < plain.length; i++) if (plain.charCodeAt(i) > 255) throw new Error('Invalid character')
  return Buffer.from(plain, 'latin1').toString('base64')
}
export const atob = (value: any): string => Buffer.from(String(value), 'base64').toString('latin1')

export class TextEncoder {
  readonly encoding = 'utf-8'

  encode(value: any = ''): Uint8Array {
    return new Uint8Array(Buffer.from(String(value), 'utf8'))
  }
}

export class TextDecoder {
  readonly encoding: string

  constructor(encoding = 'utf-8') {
    this.encoding = String(encoding).toLowerCase().replace(/^utf8$/, 'utf-8')
    if (!['utf-8', 'utf-16le', 'latin1', 'ascii'].includes(this.encoding)) throw new RangeError(`The "${encoding}" encoding is not supported`)
  }

  decode(bytes: any = new Uint8Array()): string {
    return Buffer.from(latin1(bytes), 'latin1').toString(this.encoding === 'utf-8' ? 'utf8' : (this.encoding as any)).replace(/^\ufeff/, '')
  }
}

export class AbortSignal {
  aborted = false
  reason: unknown
  onabort: (() => void) | null = null
  private readonly listeners: (() => void)[] = []

  addEventListener(kind: string, listener: () => void): void {
    if (kind === 'abort') this.listeners.push(listener)
  }

  removeEventListener(_kind: string, listener: () => void): void {
    const at = this.listeners.indexOf(listener)
    if (at >= 0) this.listeners.splice(at, 1)
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  static timeout(ms: number): AbortSignal {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), ms)
    return controller.signal
  }

  static fire(signal: AbortSignal, reason: unknown): void {
    if (signal.aborted) return
    signal.aborted = true
    signal.reason = reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' })
    signal.onabort?.()
    for (const listener of [...signal.listeners]) listener()
  }
}

export class AbortController {
  readonly signal = new AbortSignal()

  abort(reason?: unknown): void {
    AbortSignal.fire(this.signal, reason)
  }
}
