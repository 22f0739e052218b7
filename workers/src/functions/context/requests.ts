import { parse } from './border'
import { Headers } from './fetch'
import { URL, URLSearchParams } from './urls'

/** What onRequest gets: <c>json()</c> answers at once here, unlike the Fetch standard. */
export class SourceRequest {
  readonly headers: Headers
  readonly url: URL
  readonly method = 'POST'
  readonly body: string

  constructor(request: any) {
    this.headers = new Headers(request.headers ?? {})
    this.url = new URL(request.url ?? 'http://localhost/')
    this.body = typeof request.body === 'string' ? request.body : request.body === undefined ? '' : JSON.stringify(request.body)
  }

  json(): any {
    if ((this.headers.get('content-type') ?? '').includes('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(this.body))
    return parse(this.body)
  }

  text(): string {
    return this.body
  }
}
