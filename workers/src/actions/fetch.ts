import { Headers as PlainHeaders } from 'node-fetch'
import type { Answer } from '../shared/connection'

/** How the shim reaches the host; set when the connection is opened. */
let ask: ((kind: string, body: unknown, signal?: AbortSignal) => Promise<Answer>) | undefined

export function serveFetchWith(how: typeof ask): void {
  ask = how
}

export const Headers = PlainHeaders

/** What a request that got no answer is refused with; named and coded as destinations know it from Node. */
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

  constructor() {
    super('The user aborted a request.')
  }
}

function bytesOf(body: any): Buffer | undefined {
  if (body === undefined || body === null) return undefined
  if (Buffer.isBuffer(body)) return body
  if (body instanceof ArrayBuffer) return Buffer.from(body)
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return Buffer.from(String(body), 'utf8')
}

function defaultType(body: any): string | undefined {
  if (body instanceof URLSearchParams) return 'application/x-www-form-urlencoded;charset=UTF-8'
  return body === undefined || body === null || Buffer.isBuffer(body) || body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? undefined : 'text/plain;charset=UTF-8'
}

/** A body that is there as a whole: the host sends and receives it in one piece. */
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
    return JSON.parse(this.take().toString('utf8'))
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

/** A request as the request client of the package builds it: from an address or another request, with what replaces its parts. */
export class Request extends Body {
  readonly url: string
  readonly method: string
  readonly headers: PlainHeaders
  readonly redirect: string
  readonly signal: AbortSignal | undefined

  constructor(input: any, init: any = {}) {
    const from = input instanceof Request ? input : undefined
    const body = init.body ?? undefined
    super(body === undefined ? from?.bytes : bytesOf(body))
    this.url = from ? from.url : new URL(String(input).startsWith('//') ? `https:${input}` : String(input)).toString()
    this.method = String(init.method ?? from?.method ?? 'GET').toUpperCase()
    this.headers = new PlainHeaders(init.headers ?? from?.headers ?? {})
    this.redirect = init.redirect ?? from?.redirect ?? 'follow'
    this.signal = init.signal ?? from?.signal
    if ((this.method === 'GET' || this.method === 'HEAD') && this.bytes) throw new TypeError('Request with GET/HEAD method cannot have body')
    const type = defaultType(body)
    if (type && !this.headers.has('content-type')) this.headers.append('Content-Type', type)
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
  readonly headers: PlainHeaders
  readonly redirected: boolean

  constructor(body?: any, init: any = {}) {
    super(bytesOf(body))
    this.url = init.url ?? ''
    this.status = init.status ?? 200
    this.statusText = init.statusText ?? ''
    this.headers = new PlainHeaders(init.headers ?? {})
    this.redirected = init.redirected ?? false
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  clone(): Response {
    return new Response(this.bytes, this)
  }
}

/** fetch, done by the host: one place for rules of egress, time limits, and what is shown of the wire. */
export async function fetch(input: any, init?: any): Promise<Response> {
  const request = input instanceof Request && init === undefined ? input : new Request(input, init)
  if (!ask) throw new FetchError('There is no host to send requests.', 'ENOHOST')
  if (!/^https?:$/.test(new URL(request.url).protocol)) throw new TypeError('Only HTTP(S) protocols are supported')
  const headers: [string, string][] = [...request.headers.entries()]
  const bytes = request.content
  // Text is by far the most common and travels as it is; only what is no text is encoded.
  const text = bytes?.toString('utf8')
  const isText = text === undefined || Buffer.byteLength(text) === bytes!.length && !text.includes('\ufffd')
  const answer = await ask(
    'fetch',
    { method: request.method, url: request.url, headers, redirect: request.redirect, ...(isText ? { text } : { base64: bytes!.toString('base64') }) },
    request.signal
  )
  if ('error' in answer) {
    if (answer.error === 'aborted') throw new AbortError()
    throw new FetchError(`request to ${request.url} failed, reason: ${answer.error}`, 'EHOST')
  }
  const reply = answer.ok
  if (reply.fault) throw new FetchError(`request to ${request.url} failed, reason: ${reply.fault.message}`, reply.fault.code)
  const body = reply.base64 === undefined ? reply.text : Buffer.from(reply.base64, 'base64')
  return new Response(body, { url: reply.url, status: reply.status, statusText: reply.statusText, headers: reply.headers, redirected: reply.redirected })
}

export default fetch
