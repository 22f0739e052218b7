import { Buffer } from 'buffer'
import { ask, parse } from './border'

// A percent sign that begins no byte stands for itself, and bytes that are no UTF-8 become replacement characters.
const decode = (text: string) =>
  text.replace(/\+/g, ' ').replace(/(?:%[0-9a-f]{2})+/gi, (coded) => Buffer.from(coded.replace(/%/g, ''), 'hex').toString('utf8'))
const encode = (text: string) =>
  encodeURIComponent((text as any).toWellFormed()).replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%20/g, '+')

export class URLSearchParams {
  private pairs: [string, string][] = []
  private changed: () => void = () => undefined

  constructor(init: any = '') {
    if (init === null || init === undefined) return
    if (typeof init === 'object' || typeof init === 'function') {
      const entries = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init)
      for (const pair of entries) {
        const [name, value, ...rest] = pair
        if (rest.length > 0) throw new TypeError('Each query pair must be an iterable [name, value] tuple')
        this.pairs.push([String(name), String(value)])
      }
    } else {
      this.read(String(init))
    }
  }

  static of(text: string, changed: (text: string) => void): URLSearchParams {
    const params = new URLSearchParams(text)
    Object.defineProperty(params, 'changed', { value: () => changed(params.toString()), enumerable: false })
    return params
  }

  get size(): number {
    return this.pairs.length
  }

  append(name: string, value: string): void {
    this.pairs.push([String(name), String(value)])
    this.changed()
  }

  delete(name: string, value?: string): void {
    this.pairs = this.pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)))
    this.changed()
  }

  get(name: string): string | null {
    return this.pairs.find((pair) => pair[0] === String(name))?.[1] ?? null
  }

  getAll(name: string): string[] {
    return this.pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1])
  }

  has(name: string, value?: string): boolean {
    return this.pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)))
  }

  set(name: string, value: string): void {
    const found = this.pairs.find((pair) => pair[0] === String(name))
    if (!found) return this.append(name, value)
    found[1] = String(value)
    this.pairs = this.pairs.filter((pair) => pair === found || pair[0] !== String(name))
    this.changed()
  }

  sort(): void {
    this.pairs.sort((one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0))
    this.changed()
  }

  forEach(visit: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.pairs) visit.call(self, value, name, this)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.pairs) yield [name, value]
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.pairs) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.pairs) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toString(): string {
    return this.pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  }

  private read(text: string): void {
    for (const part of (text[0] === '?' ? text.slice(1) : text).split('&')) {
      if (part === '') continue
      const at = part.indexOf('=')
      this.pairs.push(at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))])
    }
  }
}

const parts = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']

/** What an address consists of is the process's knowledge; it crosses the border as a list of texts. */
export class URL {
  constructor(text: any, base?: any) {
    let values: string[]
    try {
      values = parse(ask('url', String(text), base === undefined ? undefined : String(base)))
    } catch {
      throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: String(text) })
    }
    let params: URLSearchParams | undefined
    const change = (part: string, value: unknown, keepsParams = false) => {
      values = parse(ask('urlWith', values[0], part, String(value)))
      if (!keepsParams) params = undefined
    }
    parts.forEach((part, index) => {
      Object.defineProperty(this, part, { get: () => values[index], set: part === 'origin' ? undefined : (value) => change(part, value), enumerable: true, configurable: true })
    })
    Object.defineProperty(this, 'searchParams', {
      get: () => (params ??= URLSearchParams.of(values[9], (query) => change('search', query, true))), enumerable: true, configurable: true
    })
  }

  static canParse(text: any, base?: any): boolean {
    try {
      return new URL(text, base) !== undefined
    } catch {
      return false
    }
  }

  toString(): string {
    return (this as any).href
  }

  toJSON(): string {
    return (this as any).href
  }
}
