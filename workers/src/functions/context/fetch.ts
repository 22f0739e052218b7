import { Buffer } from 'buffer'
import { ask, asText, parse, stringify, tell } from './border'
import { toBytes } from './crypto'
import { URL, URLSearchParams } from './urls'

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** Headers as the Fetch standard and node-fetch 2 have them: names in lower case when they are listed. */
export class Headers {
  private readonly map = new Map<string, string[]>()

  constructor(init?: any) {
    if (init === undefined || init === null) return
    if (init instanceof Headers) for (const [name, values] of init.map) this.map.set(name, [...values])
    else if (typeof init[Symbol.iterator] === 'function') for (const [name, value] of init) this.append(name, value)
    else for (const name of Object.keys(init)) for (const value of [init[name]].flat()) if (value !== undefined && value !== null) this.append(name, value)
  }

  append(name: string, value: any): void {
    const key = this.key(name)
    this.map.set(key, [...(this.map.get(key) ?? []), this.value(name, value)])
  }

  set(name: string, value: any): void {
    this.map.set(this.key(name), [this.value(name, value)])
  }

  get(name: string): string | null {
    return this.map.get(this.key(name))?.join(', ') ?? null
  }

  has(name: string): boolean {
    return this.map.has(this.key(name))
  }

  delete(name: string): void {
    this.map.delete(this.key(name))
  }

  raw(): Record<string, string[]> {
    return Object.fromEntries(this.map)
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.entries()) visit.call(self, value, name, this)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.map.keys()].sort()) yield [name, this.map.get(name)!.join(', ')]
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  private key(name: string): string {
    const text = String(name)
    if (!token.test(text)) throw new TypeError(`${text} is not a legal HTTP header name`)
    return text.toLowerCase()
  }

  private value(name: string, value: any): string {
    const text = String(value).trim()
    if (/[\0\r\n]/.test(text)) throw new TypeError(`${text} is not a legal HTTP header value for ${name}`)
    return text
  }
}

export class FetchError extends Error {
  override readonly name = 'FetchError'
  readonly type = 'system'
  readonly errno: string

  constructor(message: string, readonly code: string) {
    super(message)
    this.errno = code
  }
}

export class AbortError extends Error {
  override readonly name = 'AbortError'
  readonly type = 'aborted'
}

const bytesOf = (body: any): Buffer | undefined =>
  body === undefined || body === null ? undefined : body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? toBytes(body) : Buffer.from(String(body), 'utf8')

class Body {
  bodyUsed = false

  constructor(protected readonly bytes: Buffer | undefined) {}

  get body(): Buffer | null {
    return this.bytes ?? null
  }

  async text(): Promise<string> {
    return this.take().toString('utf8')
  }

  async json(): Promise<any> {
    const bytes = this.take()
    try {
      return parse(bytes.toString('utf8'))
    } catch (error) {
      throw new FetchError(`invalid json response body at ${(this as any).url} reason: ${(error as Error).message}`, 'invalid-json')
    }
  }

  async buffer(): Promise<Buffer> {
    return this.take()
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = this.take()
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  private take(): Buffer {
    if (this.bodyUsed) throw new TypeError(`body used already for: ${(this as any).url ?? ''}`)
    this.bodyUsed = true
    return this.bytes ?? Buffer.alloc(0)
  }
}

export class Request extends Body {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly redirect: string
  readonly signal: any
  readonly timeout: number

  constructor(input: any, init: any = {}) {
    const from = input instanceof Request ? input : undefined
    const body = init?.body ?? undefined
    super(body === undefined ? from?.bytes : bytesOf(body))
    this.url = from ? from.url : (new URL(input?.href ?? input) as any).href
    this.method = String(init?.method ?? from?.method ?? 'GET').toUpperCase()
    this.headers = new Headers(init?.headers ?? from?.headers ?? {})
    this.redirect = init?.redirect ?? from?.redirect ?? 'follow'
    this.signal = init?.signal ?? from?.signal
    this.timeout = Number(init?.timeout ?? from?.timeout ?? 0)
    if ((this.method === 'GET' || this.method === 'HEAD') && this.bytes) throw new TypeError('Request with GET/HEAD method cannot have body')
    if (!this.headers.has('content-type') && body !== undefined && body !== null) {
      if (body instanceof URLSearchParams) this.headers.set('Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8')
      else if (!(body instanceof ArrayBuffer) && !ArrayBuffer.isView(body)) this.headers.set('Content-Type', 'text/plain;charset=UTF-8')
    }
  }

  clone(): Request {
    return new Request(this)
  }

  get content(): Buffer | undefined {
    return this.bytes
  }
}

export class Response extends Body {
  readonly url: string
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly redirected: boolean

  constructor(body?: any, init: any = {}) {
    super(bytesOf(body))
    this.url = init.url ?? ''
    this.status = init.status ?? 200
    this.statusText = init.statusText ?? ''
    this.headers = new Headers(init.headers)
    this.redirected = init.redirected ?? false
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  clone(): Response {
    return new Response(this.bytes, this)
  }
}

const waiting = new Map<number, { url: string; resolve: (response: Response) => void; reject: (error: unknown) => void }>()
let last = 0

/** A request, made by the host. */
export async function fetch(input: any, init?: any): Promise<Response> {
  const request = input instanceof Request && init === undefined ? input : new Request(input, init)
  if (!/^https?:/.test(request.url)) throw new TypeError('Only HTTP(S) protocols are supported')
  if (request.signal?.aborted) throw new AbortError('The user aborted a request.')
  const bytes = request.content
  const text = bytes?.toString('utf8')
  const isText = text === undefined || !text.includes('\ufffd')
  const sent = { method: request.method, url: request.url, headers: [...request.headers.entries()], redirect: request.redirect, ...(isText ? { text } : { base64: bytes!.toString('base64') }) }
  const id = ++last
  return new Promise<Response>((resolve, reject) => {
    waiting.set(id, { url: request.url, resolve, reject })
    try {
      ask('fetch', id, stringify(sent))
    } catch (error) {
      waiting.delete(id)
      reject(new FetchError(`request to ${request.url} failed, reason: ${(error as Error).message}`, 'EHOST'))
      return
    }
    const stop = (error: unknown) => {
      if (!waiting.delete(id)) return
      tell('abort', id)
      reject(error)
    }
    request.signal?.addEventListener?.('abort', () => stop(new AbortError('The user aborted a request.')))
    if (request.timeout > 0) (globalThis as any).setTimeout(() => stop(new FetchError(`network timeout at: ${request.url}`, 'request-timeout')), request.timeout)
  })
}

/** The answer to a request, as text that the host wrote. */
export function answered(id: number, json: string, isError: boolean): void {
  const request = waiting.get(id)
  if (!request) return
  waiting.delete(id)
  const { url } = request
  if (isError) return request.reject(new FetchError(`request to ${url} failed, reason: ${asText(json)}`, 'EHOST'))
  const reply = parse(json)
  if (reply.fault) return request.reject(new FetchError(`request to ${url} failed, reason: ${reply.fault.message}`, reply.fault.code))
  request.resolve(new Response(reply.base64 === undefined ? reply.text : Buffer.from(reply.base64, 'base64'), reply))
}
