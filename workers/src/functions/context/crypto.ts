import { Buffer } from 'buffer'
import { ask } from './border'

export const toBytes = (data: any, encoding?: any): Buffer => {
  if (typeof data === 'string') return Buffer.from(data, encoding === 'binary' ? 'latin1' : encoding)
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return Buffer.from((data as any).buffer ?? data, (data as any).byteOffset ?? 0, data.byteLength)
  throw new TypeError('The data argument must be of type string or an instance of Buffer, TypedArray, or DataView.')
}

export const text = (data: any, encoding?: any): string => toBytes(data, encoding).toString('latin1')
const given = (bytes: string, encoding?: any) => (encoding === undefined || encoding === 'buffer' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes, 'latin1').toString(encoding === 'base64url' ? 'base64' : encoding))
const urlSafe = (value: string) => value.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

class Digest {
  private readonly chunks: string[] = []
  private isDone = false

  constructor(private readonly finish: (data: string) => string) {}

  update(data: any, encoding?: any): this {
    if (this.isDone) throw new Error('Digest already called')
    this.chunks.push(text(data, encoding))
    return this
  }

  digest(encoding?: any): any {
    if (this.isDone) throw new Error('Digest already called')
    this.isDone = true
    const value = given(this.finish(this.chunks.join('')), encoding)
    return encoding === 'base64url' ? urlSafe(value as string) : value
  }
}

export function createHash(algorithm: string): Digest {
  ask('hash', String(algorithm), '')
  return new Digest((data) => ask('hash', String(algorithm), data))
}

export function createHmac(algorithm: string, key: any): Digest {
  const secret = text(key)
  ask('hmac', String(algorithm), '', '')
  return new Digest((data) => ask('hmac', String(algorithm), secret, data))
}

export const randomUUID = (): string => ask('uuid')
export const randomBytes = (size: number): Buffer => Buffer.from(ask('random', Number(size)), 'latin1')
export const randomInt = (low: number, high?: number): number => {
  const [from, to] = high === undefined ? [0, low] : [low, high]
  return from + Math.floor((randomBytes(6).readUIntBE(0, 6) / 2 ** 48) * (to - from))
}

export function getRandomValues(into: any): any {
  Buffer.from(into.buffer, into.byteOffset, into.byteLength).set(randomBytes(into.byteLength))
  return into
}

export function timingSafeEqual(one: any, other: any): boolean {
  const [left, right] = [toBytes(one), toBytes(other)]
  if (left.length !== right.length) throw new RangeError('Input buffers must have the same byte length')
  let difference = 0
  for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i]
  return difference === 0
}

const digestOf = (algorithm: string) => String(algorithm).replace(/^RSA-/i, '')

class Signing {
  private readonly chunks: string[] = []

  constructor(private readonly algorithm: string) {}

  update(data: any, encoding?: any): this {
    this.chunks.push(text(data, encoding))
    return this
  }

  sign(key: any, encoding?: any): any {
    return given(ask('sign', digestOf(this.algorithm), String(key?.key ?? key), this.chunks.join('')), encoding)
  }

  verify(key: any, signature: any, encoding?: any): boolean {
    return ask('verify', digestOf(this.algorithm), String(key?.key ?? key), this.chunks.join(''), text(signature, encoding)) === '1'
  }
}

export const createSign = (algorithm: string) => new Signing(algorithm)
export const createVerify = (algorithm: string) => new Signing(algorithm)
