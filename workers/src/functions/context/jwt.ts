import { Buffer } from 'buffer'
import { ask } from './border'
import { createHmac, timingSafeEqual, text } from './crypto'

// What people use of the package jsonwebtoken, with its names of options and errors.
class JsonWebTokenError extends Error {
  override name = 'JsonWebTokenError'
}

class TokenExpiredError extends JsonWebTokenError {
  override name = 'TokenExpiredError'

  constructor(message: string, readonly expiredAt: Date) {
    super(message)
  }
}

class NotBeforeError extends JsonWebTokenError {
  override name = 'NotBeforeError'
}

const coded = (bytes: Buffer | string) => Buffer.from(bytes as any).toString('base64').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const decoded = (part: string) => Buffer.from(part.replace(/-/g, '+').replace(/_/g, '/'), 'base64')
const units: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_557_600 }

function seconds(span: number | string): number {
  if (typeof span === 'number') return span
  const match = /^(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)?/i.exec(span)
  if (!match) throw new Error('"expiresIn" should be a number of seconds or string representing a timespan')
  // A bare text is in milliseconds in that package.
  return match[2] === undefined || match[2] === 'ms' ? Number(match[1]) / 1_000 : Number(match[1]) * units[match[2].toLowerCase()]
}

function signature(algorithm: string, data: string, key: any): string {
  const digest = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('HS')) return createHmac(digest, key).update(data).digest('base64url')
  if (algorithm.startsWith('RS') || algorithm.startsWith('ES')) {
    return coded(Buffer.from(ask('sign', digest, String(key?.key ?? key), text(data), algorithm.startsWith('ES') ? 'p1363' : undefined), 'latin1'))
  }
  throw new JsonWebTokenError(`algorithm ${algorithm} is not available in functions here`)
}

export function sign(payload: any, key: any, options: any = {}, done?: (error: unknown, token?: string) => void): string | void {
  if (typeof options === 'function') return sign(payload, key, {}, options)
  const algorithm = String(options.algorithm ?? 'HS256')
  const header = { alg: algorithm, ...(typeof payload === 'object' ? { typ: 'JWT' } : {}), ...(options.keyid ? { kid: options.keyid } : {}), ...options.header }
  let body = payload
  if (typeof payload === 'object') {
    const now = payload.iat ?? Math.floor(Date.now() / 1_000)
    body = { ...payload, ...(options.noTimestamp ? {} : { iat: now }) }
    if (options.notBefore !== undefined) body.nbf = Math.floor(now + seconds(options.notBefore))
    if (options.expiresIn !== undefined) body.exp = Math.floor(now + seconds(options.expiresIn))
    for (const [option, claim] of [['audience', 'aud'], ['issuer', 'iss'], ['subject', 'sub'], ['jwtid', 'jti']]) if (options[option] !== undefined) body[claim] = options[option]
  }
  const data = `${coded(JSON.stringify(header))}.${coded(typeof body === 'string' ? body : JSON.stringify(body))}`
  const token = `${data}.${signature(algorithm, data, key)}`
  if (done) done(null, token)
  else return token
}

export function decode(token: any, options: any = {}): any {
  const parts = String(token).split('.')
  if (parts.length !== 3) return null
  try {
    const [header, payload] = parts.slice(0, 2).map((part) => JSON.parse(decoded(part).toString('utf8')))
    return options.complete ? { header, payload, signature: parts[2] } : payload
  } catch {
    return null
  }
}

export function verify(token: any, key: any, options: any = {}): any {
  const whole = decode(token, { complete: true })
  if (!whole) throw new JsonWebTokenError('jwt malformed')
  const algorithm = String(whole.header.alg)
  // The token must not choose that a public key is taken for a shared secret.
  const isPublic = /-----BEGIN/.test(String(key?.key ?? key))
  const allowed: string[] = options.algorithms ?? (isPublic ? ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] : ['HS256', 'HS384', 'HS512'])
  if (!allowed.includes(algorithm)) throw new JsonWebTokenError('invalid algorithm')
  const data = String(token).slice(0, String(token).lastIndexOf('.'))
  const isRight = algorithm.startsWith('HS')
    ? equal(signature(algorithm, data, key), whole.signature)
    : ask('verify', `sha${algorithm.slice(2)}`, String(key?.key ?? key), text(data), decoded(whole.signature).toString('latin1'), algorithm.startsWith('ES') ? 'p1363' : undefined) === '1'
  if (!isRight) throw new JsonWebTokenError('invalid signature')
  const { payload } = whole
  const now = options.clockTimestamp ?? Math.floor(Date.now() / 1_000)
  const tolerance = options.clockTolerance ?? 0
  if (typeof payload.nbf === 'number' && !options.ignoreNotBefore && payload.nbf > now + tolerance) throw new NotBeforeError('jwt not active')
  if (typeof payload.exp === 'number' && !options.ignoreExpiration && now >= payload.exp + tolerance) throw new TokenExpiredError('jwt expired', new Date(payload.exp * 1_000))
  if (options.issuer !== undefined && ![options.issuer].flat().includes(payload.iss)) throw new JsonWebTokenError(`jwt issuer invalid. expected: ${options.issuer}`)
  const audiences = [payload.aud].flat()
  if (options.audience !== undefined && ![options.audience].flat().some((one: any) => audiences.some((aud) => (one instanceof RegExp ? one.test(aud) : one === aud)))) {
    throw new JsonWebTokenError(`jwt audience invalid. expected: ${options.audience}`)
  }
  return options.complete ? whole : payload
}

const equal = (one: string, other: string) => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

export { JsonWebTokenError, TokenExpiredError, NotBeforeError }
